-- What policy said: {id, run_id, task_id, policy_key, policy_version, decision, subject, reason}; without a version the newest.
-- The same id again: done. Refused: not_found (no such policy).
create or replace function record_policy_decisions(ctx jsonb, decisions jsonb) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  ids uuid[] := (select array_agg((d->>'id')::uuid order by n) from jsonb_array_elements(_items(decisions)) with ordinality u (d, n));
  codes text[];
begin
  perform _enter_leader(ctx);
  perform _check_items(coalesce(ids, '{}'));
  select array_agg(case when not exists (select from policies p where p.key = d.policy_key and (d.policy_version is null or p.version = d.policy_version)) then 'not_found' end
                   order by array_position(ids, d.id))
  into codes from jsonb_to_recordset(_items(decisions)) d (id uuid, policy_key text, policy_version int);
  insert into policy_decisions (id, run_id, task_id, policy_key, policy_version, decision, subject, reason)
  select d.id, d.run_id, d.task_id, d.policy_key, coalesce(d.policy_version, (select max(p.version) from policies p where p.key = d.policy_key)), d.decision, d.subject, d.reason
  from jsonb_to_recordset(_items(decisions)) d (id uuid, run_id uuid, task_id uuid, policy_key text, policy_version int, decision text, subject text, reason text)
  join unnest(ids, codes) i (id, code) on i.id = d.id where i.code is null
  on conflict (id) do nothing;
  return query select * from _outcomes('record_policy_decisions', 'policy_decision', ids, codes);
end
$$;
revoke all on function record_policy_decisions(jsonb, jsonb) from public;
grant execute on function record_policy_decisions(jsonb, jsonb) to aura_manager;
