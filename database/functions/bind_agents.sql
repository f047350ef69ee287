-- Which runtime hosts which agent from now on. Refused: not_found.
create or replace function bind_agents(ctx jsonb, agent_ids uuid[], runtime_ids uuid[]) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  codes text[];
begin
  perform _enter_leader(ctx);
  perform _check_items(agent_ids, cardinality(runtime_ids));
  select array_agg(case when a.id is null or r.id is null then 'not_found' end order by i.n)
  into codes from unnest(agent_ids, runtime_ids) with ordinality i (id, runtime_id, n) left join agents a on a.id = i.id left join agent_runtimes r on r.id = i.runtime_id;
  insert into agent_bindings as b (agent_id, runtime_id)
  select i.id, i.runtime_id from unnest(agent_ids, runtime_ids, codes) i (id, runtime_id, code) where i.code is null order by i.id
  on conflict (agent_id) do update set runtime_id = excluded.runtime_id, bound_at = now() where b.runtime_id <> excluded.runtime_id;
  return query select * from _outcomes('bind_agents', 'agent', agent_ids, codes);
end
$$;
revoke all on function bind_agents(jsonb, uuid[], uuid[]) from public;
grant execute on function bind_agents(jsonb, uuid[], uuid[]) to aura_manager;
