-- suspend_agent, reinstate_agent, retire_agent: the next assignment obeys. create_agent {slug, capabilities, provider,
-- model, mode, max_concurrent} under the new id p_target_id. Null, or code and detail.
create or replace function _act_on_agent(p_action text, p_target_id uuid, args jsonb) returns text[] language plpgsql as $$
declare
  a agents;
begin
  if p_action = 'create_agent' then
    if exists (select from agents where slug = args->>'slug' or id = p_target_id) then return array['name_taken', 'there is an agent of that name']; end if;
    insert into agents (id, slug, capabilities, provider, model, mode, max_concurrent)
    values (coalesce(p_target_id, uuid_v7()), args->>'slug', (select array_agg(c) from jsonb_array_elements_text(_items(args->'capabilities')) c),
            args->>'provider', args->>'model', coalesce(args->>'mode', 'tools'), coalesce((args->>'max_concurrent')::int, 1));
    return null;
  end if;
  select * into a from agents where id = p_target_id for no key update;
  if a.id is null then return array['not_found', 'there is no such agent']; end if;
  if a.standing = 'retired' or (p_action = 'suspend_agent' and a.standing = 'suspended') or (p_action = 'reinstate_agent' and a.standing = 'active') then
    return array['illegal_transition', 'the agent is ' || a.standing];
  end if;
  update agents set changed_at = now(), standing = case p_action when 'suspend_agent' then 'suspended' when 'retire_agent' then 'retired' else 'active' end where id = a.id;
  return null;
end
$$;
revoke all on function _act_on_agent(text, uuid, jsonb) from public;
