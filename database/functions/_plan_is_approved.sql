-- Whether an approval of exactly the run's current plan was used: without it nothing lands and nothing is delivered.
create or replace function _plan_is_approved(r orchestra_runs) returns boolean language sql stable as $$
select exists (
    select from plans p join approvals a on a.run_id = r.id and a.kind = 'plan' and a.digest = p.digest
    where p.id = r.plan_id and a.status = 'approved' and a.used_at is not null)
$$;
revoke all on function _plan_is_approved(orchestra_runs) from public;
