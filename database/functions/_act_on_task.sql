-- cancel_task, retry_task, reassign_task {agent_id}. Null, or code and detail.
create or replace function _act_on_task(p_act_id uuid, p_action text, p_target_id uuid, args jsonb) returns text[] language plpgsql as $$
declare
  t task_queue;
  r orchestra_runs;
  agent agents;
begin
  select * into r from orchestra_runs where id = (select run_id from task_queue where id = p_target_id) for no key update;
  select * into t from task_queue where id = p_target_id for no key update;
  if t.id is null then return array['not_found', 'there is no such task']; end if;
  if not _is_open_run(r.status) then return array['illegal_transition', 'the run is ' || r.status]; end if;
  if p_action = 'cancel_task' then
    return case when (_cancel(array[t.id], array['director']))[1] is not null then array['illegal_transition', 'the task is ' || t.status] end;
  end if;
  if p_action = 'retry_task' and t.status not in ('awaiting_director', 'failed')
    or p_action = 'reassign_task' and t.status not in ('ready', 'assigned', 'running', 'awaiting_director', 'failed') then
    return array['illegal_transition', 'the task is ' || t.status];
  end if;
  if p_action = 'reassign_task' and args->>'agent_id' is not null then
    select * into agent from agents where id = (args->>'agent_id')::uuid;
    if agent.id is null then return array['not_found', 'there is no such agent']; end if;
    if t.kind <> all (agent.capabilities) or agent.standing not in ('active', 'probation') then return array['illegal_transition', 'the agent cannot take it']; end if;
    update task_queue set preferred_agent_id = agent.id where id = t.id;
  end if;
  case t.status
    when 'ready' then null;
    when 'assigned' then perform _withdraw(array[t.id], array['reassigned']);
    else
      if t.status = 'running' then perform _end_claims(array[t.id], array['taken_back'], array['reassigned']); end if;
      update task_queue set status = 'ready', claim_id = null, status_changed_at = now(), completed_at = null, waiting_code = null, waiting_detail = null,
        failures = case when status = 'running' then failures else 0 end, deaths = case when status = 'running' then deaths else 0 end,
        return_code = case p_action when 'retry_task' then 'retried' else 'reassigned' end
      where id = t.id;
  end case;
  return null;
end
$$;
revoke all on function _act_on_task(uuid, text, uuid, jsonb) from public;
