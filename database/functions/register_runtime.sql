-- Makes a runtime known under its token (32 characters or more, only the hash is kept). The same token again: the same id,
-- with the new capacity and providers.
create or replace function register_runtime(ctx jsonb, p_name text, p_token text, p_capacity int, p_providers text[]) returns uuid
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  runtime uuid := _runtime_of(p_token);
begin
  perform _enter(ctx, array['runtime']);
  if coalesce(length(p_token), 0) not between 32 and 200 or coalesce(length(p_name), 0) not between 1 and 200 then
    raise exception 'malformed runtime: the token has 32 to 200 characters, the name 1 to 200' using errcode = 'AU001';
  end if;
  if runtime is null then
    runtime := uuid_v7();
    perform _act_as('runtime', runtime::text, ctx->>'request_id', ctx->>'action_id');
    insert into agent_runtimes (id, name, token_sha256, capacity, providers)
    values (runtime, p_name, sha256(convert_to(p_token, 'UTF8')), p_capacity, coalesce(p_providers, '{}'));
  else
    perform _act_as('runtime', runtime::text, ctx->>'request_id', ctx->>'action_id');
    update agent_runtimes set name = p_name, capacity = p_capacity, providers = coalesce(p_providers, '{}')
    where id = runtime and (name, capacity, providers) is distinct from (p_name, p_capacity, coalesce(p_providers, '{}'));
  end if;
  insert into runtime_heartbeats (runtime_id, seen_at) values (runtime, clock_timestamp()) on conflict (runtime_id) do update set seen_at = excluded.seen_at;
  return runtime;
end
$$;
revoke all on function register_runtime(jsonb, text, text, int, text[]) from public;
grant execute on function register_runtime(jsonb, text, text, int, text[]) to aura_agent;
