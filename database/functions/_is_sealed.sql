-- Whether a signed checkpoint covers every event of a run but those of this transaction. Events are numbered in the order of their
-- ids, so the newest one tells for all.
create or replace function _is_sealed(p_run_id uuid) returns boolean language sql stable as $$
  select coalesce((
    select l.seq < (select max(c.size) from audit_checkpoints c)
    from (select e.id from audit_events e where e.run_id = p_run_id and e.tx <> pg_current_xact_id() order by e.id desc limit 1) newest
    left join audit_leaves l on l.event_id = newest.id), false)
$$;
revoke all on function _is_sealed(uuid) from public;
