-- HR: active, probation or suspended, from verdicts alone; the reason goes on record as a policy decision of the caller. A
-- retired agent stays retired. Refused: not_found, illegal_transition.
create or replace function set_standings(ctx jsonb, agent_ids uuid[], standings text[], reasons text[]) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  codes text[];
begin
  perform _enter_leader(ctx);
  perform _check_items(agent_ids, cardinality(standings), cardinality(reasons));
  perform from agents where id = any (agent_ids) order by id for no key update;
  select array_agg(case when a.id is null then 'not_found'
                        when a.standing = 'retired' or i.standing not in ('active', 'probation', 'suspended') then 'illegal_transition' end order by i.n)
  into codes from unnest(agent_ids, standings) with ordinality i (id, standing, n) left join agents a on a.id = i.id;
  update agents a set standing = i.standing, changed_at = now()
  from unnest(agent_ids, standings, codes) i (id, standing, code) where a.id = i.id and i.code is null and a.standing <> i.standing;
  return query select * from _outcomes('set_standings', 'agent', agent_ids, codes, reasons);
end
$$;
revoke all on function set_standings(jsonb, uuid[], text[], text[]) from public;
grant execute on function set_standings(jsonb, uuid[], text[], text[]) to aura_manager;
