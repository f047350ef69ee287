-- The verified acceptance suite of a run, version n: {id, run_id, version, content_sha256, verification_id, author_agent_id,
-- replaces_test_ids}; it is the run's suite from now on. Version 1 of a run with a base run may be carried over from it
-- without a verification (_is_carried_suite). The same again: done. Refused: not_found, run_closed, verification_missing, illegal_transition.
create or replace function adopt_suite(ctx jsonb, suite jsonb) returns verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
<<adopting>>
declare
  suite_id constant uuid := (suite->>'id')::uuid;
  r orchestra_runs;
  q verification_requests;
begin
  perform _enter_leader(ctx);
  select * into r from orchestra_runs where id = (suite->>'run_id')::uuid for no key update;
  if exists (select from suites s where s.id = adopting.suite_id and s.content_sha256 = decode(suite->>'content_sha256', 'hex')) then
    return _outcome('adopt_suite', 'suite', suite_id, null);
  end if;
  if r.id is null then return _outcome('adopt_suite', 'suite', suite_id, 'not_found'); end if;
  if not _is_open_run(r.status) then return _outcome('adopt_suite', 'suite', suite_id, 'run_closed'); end if;
  q := _accepted_request(r.id, (suite->>'verification_id')::uuid, 'acceptance_tests');
  if not (suite->>'verification_id' is null and (suite->>'version')::int = 1 and _is_carried_suite(r, decode(suite->>'content_sha256', 'hex')))
    and (q.id is null or q.product_sha256 is distinct from decode(suite->>'content_sha256', 'hex')) then
    return _outcome('adopt_suite', 'suite', suite_id, 'verification_missing');
  end if;
  if (suite->>'version')::int <> 1 + (select coalesce(max(s.version), 0) from suites s where s.run_id = r.id) then
    return _outcome('adopt_suite', 'suite', suite_id, 'illegal_transition', 'not the next version');
  end if;
  insert into suites (id, run_id, version, content_sha256, verification_id, author_agent_id, replaces_test_ids)
  values (suite_id, r.id, (suite->>'version')::int, decode(suite->>'content_sha256', 'hex'), (suite->>'verification_id')::uuid, (suite->>'author_agent_id')::uuid,
          coalesce((select array_agg(x) from jsonb_array_elements_text(_items(suite->'replaces_test_ids')) x), '{}'));
  update orchestra_runs set suite_id = adopting.suite_id where id = r.id;
  return _outcome('adopt_suite', 'suite', suite_id, null);
end
$$;
revoke all on function adopt_suite(jsonb, jsonb) from public;
grant execute on function adopt_suite(jsonb, jsonb) to aura_manager;
