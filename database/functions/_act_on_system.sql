-- stop_all: nothing is assigned or accepted, sandboxes are killed; resume_all ends that. Null, or code and detail.
create or replace function _act_on_system(p_act_id uuid, p_action text) returns text[] language plpgsql as $$
begin
  update system_state set stopped_at = case p_action when 'stop_all' then now() end, stopped_by = case p_action when 'stop_all' then p_act_id end
  where (stopped_at is null) = (p_action = 'stop_all');
  return case when not found then array['illegal_transition', case p_action when 'stop_all' then 'the system is stopped' else 'the system is not stopped' end] end;
end
$$;
revoke all on function _act_on_system(uuid, text) from public;
