-- The runtime behind the token, null when it is unknown. The actor named is what the token proves: an agent only when it is
-- bound to that runtime, else the runtime itself.
create or replace function _enter_runtime(ctx jsonb, p_token text) returns uuid language plpgsql as $$
declare
  runtime uuid := _runtime_of(p_token);
begin
  perform _enter(ctx, array['agent', 'runtime']);
  if runtime is null then
    perform _act_as('runtime', 'unknown', ctx->>'request_id', ctx->>'action_id');
  elsif ctx->>'actor_kind' = 'runtime' or not exists (
    select from agent_bindings b join agents a on a.id = b.agent_id where b.runtime_id = runtime and ctx->>'actor_id' in (a.id::text, a.slug)) then
    perform _act_as('runtime', runtime::text, ctx->>'request_id', ctx->>'action_id');
  end if;
  return runtime;
end
$$;
revoke all on function _enter_runtime(jsonb, text) from public;
