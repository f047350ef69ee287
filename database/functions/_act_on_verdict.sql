-- set_aside (a requirement, or block args.block_id of run p_target_id), confirm_inspection {verdict}, override_verdict
-- {verdict} of a task or a requirement; marked for ever. Null, or code and detail.
create or replace function _act_on_verdict(p_act_id uuid, p_action text, p_target_id uuid, args jsonb) returns text[] language plpgsql as $$
declare
  q requirements;
  t task_queue;
begin
  select * into q from requirements where id = p_target_id for no key update;
  if p_action in ('confirm_inspection', 'override_verdict') and coalesce(args->>'verdict', '') not in ('pass', 'fail') then
    return array['validation_failed', 'verdict is pass or fail'];
  end if;
  if q.id is not null then
    if not exists (select from orchestra_runs r where r.id = q.run_id and _is_open_run(r.status)) then return array['illegal_transition', 'the run has ended']; end if;
    if p_action = 'confirm_inspection' and q.verification_method <> 'inspection' then return array['illegal_transition', 'the requirement is verified by ' || q.verification_method]; end if;
    update requirements set
      set_aside_by = case p_action when 'set_aside' then p_act_id else set_aside_by end,
      inspected_by = case p_action when 'confirm_inspection' then p_act_id else inspected_by end,
      inspection_verdict = case p_action when 'confirm_inspection' then args->>'verdict' else inspection_verdict end,
      overridden_by = case p_action when 'override_verdict' then p_act_id else overridden_by end,
      override_verdict = case p_action when 'override_verdict' then args->>'verdict' else override_verdict end
    where id = q.id;
    return null;
  end if;
  if p_action = 'set_aside' and args->>'block_id' is not null then
    if not exists (select from orchestra_runs r where r.id = p_target_id and _is_open_run(r.status)) then return array['not_found', 'there is no such open run']; end if;
    if not exists (select from orchestra_runs r join prd_blocks b on b.prd_id = r.prd_id where r.id = p_target_id and b.block_id = args->>'block_id') then
      return array['not_found', 'there is no such block'];
    end if;
    insert into block_dispositions (run_id, block_id, disposition, set_aside_by) values (p_target_id, args->>'block_id', 'set_aside', p_act_id)
    on conflict (run_id, block_id) do update set disposition = 'set_aside', set_aside_by = p_act_id;
    return null;
  end if;
  select * into t from task_queue where id = p_target_id for no key update;
  if t.id is null or p_action <> 'override_verdict' then return array['not_found', 'there is no such requirement or task']; end if;
  if args->>'verdict' <> 'pass' then return array['validation_failed', 'a task is overridden with pass; cancel or retry it otherwise']; end if;
  if t.status not in ('submitted', 'rejected', 'awaiting_director') then return array['illegal_transition', 'the task is ' || t.status]; end if;
  if not exists (select from orchestra_runs r where r.id = t.run_id and _is_open_run(r.status)) then return array['illegal_transition', 'the run has ended']; end if;
  update task_queue set status = 'verified', overridden = true, status_changed_at = now(), completed_at = clock_timestamp() at time zone 'UTC',
    waiting_code = null, waiting_detail = null where id = t.id;
  return null;
end
$$;
revoke all on function _act_on_verdict(uuid, text, uuid, jsonb) from public;
