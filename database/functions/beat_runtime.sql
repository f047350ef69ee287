-- Heartbeat of a runtime, and renewal of the leases it holds. held = false: stop at once, the claim is stale or the system
-- was stopped. Not audited. Raises AU005 for an unknown token.
create or replace function beat_runtime(
  p_token text, task_ids uuid[], claim_ids bigint[], lease_s int
) returns table (task_id uuid, held boolean)
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
#variable_conflict use_column
declare
  runtime uuid := _runtime_of(p_token);
begin
  if runtime is null then raise exception 'unknown runtime token' using errcode = 'AU005'; end if;
  perform _check_items(task_ids, cardinality(claim_ids));
  insert into runtime_heartbeats (runtime_id, seen_at) values (runtime, clock_timestamp()) on conflict (runtime_id) do update set seen_at = excluded.seen_at;
  insert into task_leases as l (task_id, claim_id, expires_at)
  select i.id, i.claim, clock_timestamp() + _lease_seconds(lease_s)
  from unnest(task_ids, claim_ids) i (id, claim)
  where exists (select from _held(runtime, task_ids, claim_ids) h where h.task_id = i.id and h.code is null) order by i.id
  on conflict (task_id) do update set expires_at = excluded.expires_at, claim_id = excluded.claim_id where l.claim_id <= excluded.claim_id;
  return query select h.task_id, h.code is null and not _is_stopped() from _held(runtime, task_ids, claim_ids) h order by h.n;
end
$$;
revoke all on function beat_runtime(text, uuid[], bigint[], int) from public;
grant execute on function beat_runtime(text, uuid[], bigint[], int) to aura_agent;
