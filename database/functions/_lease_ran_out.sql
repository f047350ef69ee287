-- Whether a running task's holder has let its lease lapse. Leases do not survive a crash of the database: then they are
-- counted from its start, so that living holders can renew first.
create or replace function _lease_ran_out(t task_queue) returns boolean language sql stable as $$
select coalesce((select l.expires_at from task_leases l where l.task_id = t.id and l.claim_id = t.claim_id),
                  greatest(t.status_changed_at, pg_postmaster_start_time()) + interval '60 seconds') < clock_timestamp()
$$;
revoke all on function _lease_ran_out(task_queue) from public;
