-- A new project, of the id ctx.action_id where given; the same again: done. Refused: unauthenticated, forbidden,
-- validation_failed, name_taken (detail: the id of the project that has the name).
create or replace function create_project(ctx jsonb, presented_key text, p_name text) returns verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  k api_keys := _enter_director(ctx, presented_key, array['director', 'service']);
  new_id uuid := coalesce((ctx->>'action_id')::uuid, uuid_v7());
  taken uuid;
begin
  if k.role is null then
    return _outcome('create_project', 'project', null, case when k.id is null then 'unauthenticated' else 'forbidden' end);
  elsif p_name is null or length(p_name) not between 1 and 200 then
    return _outcome('create_project', 'project', null, 'validation_failed', 'a name has 1 to 200 characters');
  end if;
  insert into projects (id, name, created_at) values (new_id, p_name, clock_timestamp() at time zone 'UTC') on conflict do nothing;
  if not found then
    select id into taken from projects where name = p_name;
    if taken = new_id then return _outcome('create_project', 'project', new_id, null); end if;
    return _outcome('create_project', 'project', null, 'name_taken', taken::text);
  end if;
  perform _record_action(k, new_id, 'create_project', new_id, null, jsonb_build_object('name', p_name), null, ctx->>'request_id');
  return _outcome('create_project', 'project', new_id, null);
end
$$;
revoke all on function create_project(jsonb, text, text) from public;
grant execute on function create_project(jsonb, text, text) to aura_manager;
