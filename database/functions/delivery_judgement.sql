-- The judgement of exactly the tree that a run delivered, by the suite in force, as it was known then. Of a run that was delivered
-- as verified: the newest one of the whole that accepted it. Of a partial delivery, whatever it said: the newest one of the whole,
-- else the newest one for a task. One that the environment failed says nothing, and counts where there is no other. Null: nobody judged it.
create or replace function delivery_judgement(p_run_id uuid) returns uuid
  language sql stable
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
  select v.id
  from orchestra_runs r
  join revisions e on e.id = r.delivered_revision_id
  join verification_requests q on q.run_id = r.id and q.kind in ('assembly', 'implement') and q.suite_id is not distinct from r.suite_id
  join verifications v on v.request_id = q.id and v.tree_sha256 = e.tree_sha256
  where r.id = p_run_id and r.status = 'completed' and v.created_at <= r.finished_at at time zone 'UTC'
    and (r.stop_reason = 'partial' or (q.kind = 'assembly' and q.base_revision_id = e.id and v.outcome = 'accepted'))
  order by v.outcome = 'environment', q.kind = 'implement', v.created_at desc, v.id desc limit 1
$$;
revoke all on function delivery_judgement(uuid) from public;
grant execute on function delivery_judgement(uuid) to aura_auditor;
