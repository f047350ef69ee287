-- Requests to judge, oldest first, under a lease and a fence: those without a verification, a live lease or a reason to be
-- skipped (the run ended, the task moved on). None while the system is stopped.
create or replace function claim_verifications(
  ctx jsonb, p_holder text, p_limit int, lease_s int
) returns table (request_id uuid, claim_id bigint)
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC'
  set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
#variable_conflict use_column
begin
  perform _enter(ctx, array['auditor']);
  if _is_stopped() then return; end if;
  return query
    with overridden as materialized (  -- few, and found first: what is asked about each is dear
      select t.id from task_queue t join orchestra_runs r on r.id = t.run_id where t.overridden and t.status = 'verified' and _is_open_run(r.status)),
    open as materialized (
      select q.id from orchestra_runs r join verification_requests q on q.run_id = r.id and q.kind = 'assembly' where _is_open_run(r.status)
      union all
      select q.id from task_queue t join verification_requests q on q.task_id = t.id and q.claim_id = t.claim_id
      join orchestra_runs r on r.id = t.run_id where t.status = 'submitted' and _is_open_run(r.status)
      union all
      select q.id from overridden t join verification_requests q on q.task_id = t.id where _is_override_to_land(q)),
    due as (
      select q.id from verification_requests q
      where q.id in (select o.id from open o)
        and not exists (select from verifications v where v.request_id = q.id)
        and not exists (select from verification_leases l where l.request_id = q.id and l.expires_at > clock_timestamp())
      order by q.created_at, q.id limit least(greatest(p_limit, 0), 1000) for no key update of q skip locked)
    insert into verification_leases as l (request_id, holder, claim_id, expires_at)
    select due.id, p_holder, nextval('claim_ids'), clock_timestamp() + _lease_seconds(lease_s) from due
    on conflict (request_id) do update set holder = excluded.holder, claim_id = excluded.claim_id, expires_at = excluded.expires_at
      where l.expires_at <= clock_timestamp()
    returning l.request_id, l.claim_id;
end
$$;
revoke all on function claim_verifications(jsonb, text, int, int) from public;
grant execute on function claim_verifications(jsonb, text, int, int) to aura_auditor;
