-- Requests to judge, oldest first, under a lease and a fence: those without a verification, a live lease or a reason to be
-- skipped (the run ended, the task moved on). None while the system is stopped.
create or replace function claim_verifications(
  ctx jsonb, p_holder text, p_limit int, lease_s int
) returns table (request_id uuid, claim_id bigint)
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
#variable_conflict use_column
begin
  perform _enter(ctx, array['auditor']);
  if _is_stopped() then return; end if;
  return query
    with due as (
      select q.id from verification_requests q join orchestra_runs r on r.id = q.run_id left join task_queue t on t.id = q.task_id
      where _is_open_run(r.status) and (q.task_id is null or (t.status = 'submitted' and t.claim_id = q.claim_id) or _is_override_to_land(q))
        and not exists (select from verifications v where v.request_id = q.id)
        and not exists (select from verification_leases l where l.request_id = q.id and l.expires_at > clock_timestamp())
      order by q.created_at, q.id limit least(greatest(p_limit, 0), 100) for no key update of q skip locked)
    insert into verification_leases as l (request_id, holder, claim_id, expires_at)
    select due.id, p_holder, nextval('claim_ids'), clock_timestamp() + _lease_seconds(lease_s) from due
    on conflict (request_id) do update set holder = excluded.holder, claim_id = excluded.claim_id, expires_at = excluded.expires_at
      where l.expires_at <= clock_timestamp()
    returning l.request_id, l.claim_id;
end
$$;
revoke all on function claim_verifications(jsonb, text, int, int) from public;
grant execute on function claim_verifications(jsonb, text, int, int) to aura_auditor;
