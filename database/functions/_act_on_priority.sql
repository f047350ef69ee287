-- set_priority {priority} of a run or a task that is still open; higher goes first. Null, or code and detail.
create or replace function _act_on_priority(p_target_id uuid, args jsonb) returns text[] language plpgsql as $$
begin
  if coalesce((args->>'priority')::int, -1001) not between -1000 and 1000 then return array['validation_failed', 'priority is a number from -1000 to 1000']; end if;
  update orchestra_runs set priority = (args->>'priority')::int where id = p_target_id and _is_open_run(status);
  if found then return null; end if;
  update task_queue set priority = (args->>'priority')::int where id = p_target_id and status not in ('verified', 'cancelled');
  return case when not found then array['not_found', 'there is no such open run or task'] end;
end
$$;
revoke all on function _act_on_priority(uuid, jsonb) from public;
