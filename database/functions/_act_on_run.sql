-- pause, resume, cancel, deliver_partial, set_budget {usd, tokens}. Null, or code and detail.
create or replace function _act_on_run(p_act_id uuid, p_action text, p_target_id uuid, args jsonb) returns text[] language plpgsql as $$
declare
  r orchestra_runs;
  open_tasks uuid[];
begin
  select * into r from orchestra_runs where id = p_target_id for no key update;
  if r.id is null then return array['not_found', 'there is no such run']; end if;
  if not _is_open_run(r.status) then return array['illegal_transition', 'the run is ' || r.status]; end if;
  case p_action
    when 'pause' then
      if r.paused_at is not null then return array['illegal_transition', 'the run is paused']; end if;
      update orchestra_runs set paused_at = now() where id = r.id;
    when 'resume' then
      if r.paused_at is null then return array['illegal_transition', 'the run is not paused']; end if;
      update orchestra_runs set paused_at = null where id = r.id;
    when 'cancel' then
      open_tasks := (select array_agg(t.id) from task_queue t where t.run_id = r.id and t.status not in ('verified', 'cancelled', 'failed'));
      if open_tasks is not null then perform _cancel(open_tasks, array_fill('run_cancelled'::text, array[cardinality(open_tasks)])); end if;
      perform _end_run(r.id, 'cancelled', 'cancelled', null);
    when 'deliver_partial' then
      if r.status not in ('executing', 'awaiting_director', 'delivering') then return array['illegal_transition', 'the run is ' || r.status]; end if;
      if r.head_revision_id is null and not exists (select from task_queue t where t.run_id = r.id and t.best_request_id is not null) then
        return array['nothing_delivered', 'nothing has landed and no attempt got anywhere yet'];
      end if;
      update orchestra_runs set delivery_partial = true, status = 'delivering', status_changed_at = now(), waiting_code = null, waiting_detail = null, waiting_since = null
      where id = r.id;
    else
      if coalesce((args->>'usd')::numeric, r.usd_limit) < 0 or coalesce((args->>'tokens')::bigint, r.tokens_limit) < 0
        or (args->>'usd' is null and args->>'tokens' is null) then
        return array['validation_failed', 'usd or tokens, not below 0'];
      end if;
      update orchestra_runs set usd_limit = coalesce((args->>'usd')::numeric, usd_limit), tokens_limit = coalesce((args->>'tokens')::bigint, tokens_limit) where id = r.id;
      update task_queue set status = 'ready', status_changed_at = now(), waiting_code = null, waiting_detail = null, claim_id = null, return_code = 'budget_set'
      where run_id = r.id and status = 'awaiting_director' and waiting_code = 'budget_exhausted';
  end case;
  return null;
end
$$;
revoke all on function _act_on_run(uuid, text, uuid, jsonb) from public;
