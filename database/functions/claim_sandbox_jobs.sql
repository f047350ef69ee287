-- Checks to run for agents, oldest first: queued, or running under a lease that ran out. Those whose claim went stale are refused.
create or replace function claim_sandbox_jobs(ctx jsonb, p_holder text, p_limit int, lease_s int) returns setof sandbox_jobs
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
begin
  perform _enter(ctx, array['auditor']);
  if _is_stopped() then return; end if;
  update sandbox_jobs j set status = 'refused', finished_at = clock_timestamp()
  where j.id in (
    select o.id from sandbox_jobs o join task_queue t on t.id = o.task_id
    where o.status in ('queued', 'running') and (t.status <> 'running' or t.claim_id is distinct from o.claim_id)
      and (o.status = 'queued' or o.lease_expires_at <= clock_timestamp()) order by o.id for no key update of o skip locked);
  return query
    with due as (
      select o.id from sandbox_jobs o
      where o.status = 'queued' or (o.status = 'running' and o.lease_expires_at <= clock_timestamp())
      order by o.created_at, o.id limit least(greatest(p_limit, 0), 100) for no key update skip locked)
    update sandbox_jobs j set status = 'running', lease_holder = p_holder, lease_expires_at = clock_timestamp() + _lease_seconds(lease_s)
    from due where j.id = due.id returning j.*;
end
$$;
revoke all on function claim_sandbox_jobs(jsonb, text, int, int) from public;
grant execute on function claim_sandbox_jobs(jsonb, text, int, int) to aura_auditor;
