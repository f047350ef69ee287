-- Reserves the worst case of a model call before it is made; the id is the call's. The run's row is locked meanwhile, so two
-- calls cannot both take the last of a budget, the run's or the task's where it has one; a claim makes at most 200. The prompt is stored before: its length bounds what
-- the call can have taken. Refused: unauthenticated, not_found (also: the prompt is not stored), stale_claim,
-- wrong_runtime, system_stopped, limit_reached, provider_not_allowed, unknown_price, budget_exhausted.
create or replace function reserve_call(
  ctx jsonb, p_token text, p_task_id uuid, p_claim_id bigint, p_provider text, p_model text, input_tokens_max bigint, output_tokens_max bigint, request_sha256 bytea
) returns verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  runtime uuid := _enter_runtime(ctx, p_token);
  held record;
  r orchestra_runs;
  t task_queue;
  price model_prices;
  tokens bigint := input_tokens_max + output_tokens_max;
  usd numeric;
  run_spent record;
  task_spent record;
  code text;
  call_id uuid := uuid_v7();
begin
  select * into r from orchestra_runs where id = (select q.run_id from task_queue q where q.id = p_task_id) for no key update;
  select * into held from _held(runtime, array[p_task_id], array[p_claim_id]);
  select * into t from task_queue where id = p_task_id;
  price := _price_of(p_provider, p_model, clock_timestamp());
  usd := ceil(input_tokens_max * price.input_usd + output_tokens_max * price.output_usd) / 1000000;
  run_spent := _spent(r.id, null);
  task_spent := _spent(r.id, p_task_id);
  code := case
    when held.code is not null then held.code
    when _is_stopped() then 'system_stopped'
    when (select count(*) from model_calls m where m.task_id = p_task_id and m.claim_id = p_claim_id) >= 200 then 'limit_reached'
    when coalesce(input_tokens_max, -1) < 0 or coalesce(output_tokens_max, -1) < 0 or tokens = 0 then 'validation_failed'
    when not exists (select from blobs b where b.sha256 = reserve_call.request_sha256) then 'not_found'
    when not (r.provider is null or _in_list(p_provider, r.provider)) or not (r.model is null or _in_list(p_model, r.model)) then 'provider_not_allowed'
    when price.provider is null then 'unknown_price'
    when run_spent.usd + usd > r.usd_limit or run_spent.tokens + tokens > r.tokens_limit then 'budget_exhausted'
    when task_spent.usd + usd > t.usd_limit or task_spent.tokens + tokens > t.tokens_limit then 'budget_exhausted'
  end;
  if code is not null then
    return (null::uuid, 'refused', code, (_outcome('reserve_call', 'task', p_task_id, code)).detail)::verb_outcome;
  end if;
  insert into model_calls (id, run_id, task_id, attempt, claim_id, provider, model, reserved_tokens, reserved_usd, request_sha256)
  values (call_id, r.id, p_task_id, held.attempt, p_claim_id, p_provider, p_model, tokens, usd, reserve_call.request_sha256);
  return _outcome('reserve_call', 'model_call', call_id, null);
end
$$;
revoke all on function reserve_call(jsonb, text, uuid, bigint, text, text, bigint, bigint, bytea) from public;
grant execute on function reserve_call(jsonb, text, uuid, bigint, text, text, bigint, bigint, bytea) to aura_agent;
