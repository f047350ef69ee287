-- What a reserved call really took, at the price of its time; works when the claim went stale since, and after it was charged
-- in full. A call that failed and consumed nothing settles with 0. One that was answered took a token for each 8 characters of
-- the stored prompt and reply, and one each way, at least: hardly any text has longer tokens. No token is shorter than a byte,
-- so more than the prompt's bytes beyond the reservation is impossible. Refused: unauthenticated, not_found (also: the reply is
-- not stored), wrong_runtime, illegal_transition, validation_failed (an impossible count, an answer without its reply).
create or replace function settle_call(
  ctx jsonb, p_token text, p_call_id uuid, input_tokens bigint, output_tokens bigint, p_outcome text, reply_sha256 bytea, duration_ms int
) returns verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  runtime uuid := _enter_runtime(ctx, p_token);
  c model_calls;
  price model_prices;
  prompt record;
  code text;
begin
  select * into c from model_calls where id = p_call_id for no key update;
  prompt := _stored_text(c.request_sha256);
  code := case
    when runtime is null then 'unauthenticated'
    when c.id is null then 'not_found'
    when not exists (select from task_attempts p where p.claim_id = c.claim_id and p.runtime_id = runtime) then 'wrong_runtime'
    when c.status = 'settled' then 'illegal_transition'
    when coalesce(input_tokens, -1) < 0 or coalesce(output_tokens, -1) < 0 then 'validation_failed'
    when input_tokens::numeric + output_tokens > c.reserved_tokens + prompt.octets then 'validation_failed'
    when p_outcome is null or (p_outcome = 'ok') <> (settle_call.reply_sha256 is not null) then 'validation_failed'
    when p_outcome = 'ok' and not exists (select from blobs b where b.sha256 = settle_call.reply_sha256) then 'not_found'
  end;
  if code is null then
    price := _price_of(c.provider, c.model, c.created_at);
    if p_outcome = 'ok' then
      input_tokens := greatest(input_tokens, prompt.characters / 8, 1);
      output_tokens := greatest(output_tokens, (_stored_text(settle_call.reply_sha256)).characters / 8, 1);
    end if;
    update model_calls m set status = 'settled', input_tokens = settle_call.input_tokens, output_tokens = settle_call.output_tokens, outcome = p_outcome,
      usd = round((settle_call.input_tokens * price.input_usd + settle_call.output_tokens * price.output_usd) / 1000000, 6),
      reply_sha256 = settle_call.reply_sha256, duration_ms = settle_call.duration_ms, settled_at = clock_timestamp()
    where m.id = c.id;
  end if;
  return _outcome('settle_call', 'model_call', p_call_id, code);
end
$$;
revoke all on function settle_call(jsonb, text, uuid, bigint, bigint, text, bytea, int) from public;
grant execute on function settle_call(jsonb, text, uuid, bigint, bigint, text, bytea, int) to aura_agent;
