-- Whether a change that the Director declared verified has neither landed nor a task that does it again in its place.
create or replace function _has_unlanded_override(p_run_id uuid) returns boolean language sql stable as $$
select exists (
  select from task_queue t
  where t.run_id = p_run_id and t.kind = 'implement' and t.status = 'verified' and t.overridden
    and exists (select from task_attempts p where p.task_id = t.id and p.product_sha256 is not null)
    and not exists (select from revisions s where s.task_id = t.id)
    and not exists (select from task_queue n where n.repairs_task_id = t.id))
$$;
revoke all on function _has_unlanded_override(uuid) from public;
