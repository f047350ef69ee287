-- Everything that only the Director may do. Checks the presented key and its role here, so that the Manager cannot act for
-- the Director; writes one row of director_actions, refused ones too, and the effect, in one transaction. The row's id is
-- ctx.action_id where given: the same act under it again does nothing and is answered with that row. The id is null when the
-- key is unknown. Refused: unauthenticated, forbidden, validation_failed, idempotency_conflict (another act under the id of an
-- earlier one) and what the action says.
create or replace function take_director_action(
  ctx jsonb, presented_key text, p_action text, p_target_id uuid, p_reason text, args jsonb
) returns table (id uuid, outcome text, code text, detail text)
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  k api_keys := _enter_director(ctx, presented_key, array['director']);
  act_id uuid := coalesce((ctx->>'action_id')::uuid, uuid_v7());
  earlier director_actions;
  refusal text[];  -- code, detail
  known boolean := p_action in ('approve', 'reject', 'request_changes', 'answer', 'set_aside', 'confirm_inspection', 'deliver_partial', 'pause', 'resume',
    'cancel', 'cancel_task', 'retry_task', 'reassign_task', 'override_verdict', 'set_priority', 'set_budget', 'suspend_agent', 'reinstate_agent', 'retire_agent',
    'create_agent', 'create_key', 'revoke_key', 'set_policy', 'erase_payload', 'erase_blob', 'stop_all', 'resume_all');
begin
  if k.id is null or not coalesce(known, false) then
    perform _record_refusals('take_director_action', 'director_action', array[act_id], array[case when k.id is null then 'unauthenticated' else 'validation_failed' end]);
    return query select null::uuid, 'refused', case when k.id is null then 'unauthenticated' else 'validation_failed' end,
      case when k.id is null then null else 'there is no such action' end;
    return;
  end if;
  perform pg_advisory_xact_lock(hashtextextended(act_id::text, 0));  -- the same act twice at once: the second finds the first
  select * into earlier from director_actions d where d.id = act_id;
  if earlier.id is not null and (earlier.key_id, earlier.action, earlier.target_id, earlier.reason, earlier.args_sha256)
    is not distinct from (k.id, p_action, p_target_id, p_reason, _args_sha256(args)) then
    return query select earlier.id, earlier.outcome, earlier.code, earlier.detail;
    return;
  elsif earlier.id is not null then
    perform _record_refusals('take_director_action', 'director_action', array[act_id], array['idempotency_conflict']);
    return query select act_id, 'refused', 'idempotency_conflict', 'this act was another one before';
    return;
  end if;
  perform _act_as(current_setting('aura.actor_kind'), current_setting('aura.actor_id'), ctx->>'request_id', act_id::text);
  perform _in_verb(p_action);
  refusal := case
    when k.role is null then array['forbidden', 'role director']
    when coalesce(length(btrim(p_reason)), 0) not between 3 and 2000 then array['validation_failed', 'a reason has 3 to 2000 characters']
    when p_action in ('approve', 'reject', 'request_changes', 'answer') then _act_on_approval(act_id, p_action, p_target_id, args)
    when p_action in ('pause', 'resume', 'cancel', 'deliver_partial', 'set_budget') then _act_on_run(act_id, p_action, p_target_id, args)
    when p_action in ('cancel_task', 'retry_task', 'reassign_task') then _act_on_task(act_id, p_action, p_target_id, args)
    when p_action in ('set_aside', 'confirm_inspection', 'override_verdict') then _act_on_verdict(act_id, p_action, p_target_id, args)
    when p_action = 'set_priority' then _act_on_priority(p_target_id, args)
    when p_action in ('suspend_agent', 'reinstate_agent', 'retire_agent', 'create_agent') then _act_on_agent(p_action, p_target_id, args)
    when p_action = 'set_policy' then _act_on_policy(args)
    when p_action in ('erase_payload', 'erase_blob') then _act_on_erasure(p_action, p_target_id, args)
    when p_action in ('create_key', 'revoke_key') then _act_on_key(p_action, p_target_id, args)
    else _act_on_system(act_id, p_action)
  end;
  perform _record_action(k, act_id, p_action, p_target_id, p_reason, args, refusal, ctx->>'request_id');
  if refusal[1] is not null then
    perform _record_refusals('take_director_action', 'director_action', array[act_id], array[refusal[1]]);
  end if;
  return query select act_id, case when refusal[1] is null then 'done' else 'refused' end, refusal[1], refusal[2];
end
$$;
revoke all on function take_director_action(jsonb, text, text, uuid, text, jsonb) from public;
grant execute on function take_director_action(jsonb, text, text, uuid, text, jsonb) to aura_manager;
