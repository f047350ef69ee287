-- The only writer of verdicts. Item: {request_id, claim_id, id, outcome, report_sha256, tree_sha256, sandbox_level,
-- environment_sha256, verdicts [{requirement_id, verdict, tests_passed, tests_total, detail}], tests [{test_id,
-- requirement_keys, outcome, reached_product, assertions, guard, duration_ms}], evidence [{id, kind, command, exit_code,
-- reason, output_sha256, tree_sha256, duration_ms}]}, hashes in hex. The same id again: done. Refused: not_found,
-- stale_claim, tree_mismatch.
create or replace function record_verifications(ctx jsonb, p_holder text, verifications jsonb) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC'
  set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  items constant jsonb := _items(verifications);
  request_ids uuid[];
  v_ids uuid[];
  codes text[];
  fresh uuid[];
begin
  perform _enter(ctx, array['auditor']);
  select coalesce(array_agg((i.item->>'request_id')::uuid order by i.n), '{}'), array_agg((i.item->>'id')::uuid order by i.n)
  into request_ids, v_ids from jsonb_array_elements(items) with ordinality i (item, n);
  perform _check_items(request_ids);
  perform from verification_requests where id = any (request_ids) order by id for no key update;
  select array_agg(case
      when same.id is not null then null
      when q.id is null then 'not_found'
      when l.request_id is null or v.id is not null then 'stale_claim'
      when q.tree_sha256 is not null and q.tree_sha256 is distinct from decode(i.item->>'tree_sha256', 'hex') then 'tree_mismatch'
      when exists (select from jsonb_to_recordset(_items(i.item->'verdicts')) d (requirement_id uuid)
                   where not exists (select from requirements r where r.id = d.requirement_id and r.run_id = q.run_id)) then 'not_found'
    end order by i.n), array_agg(q.id) filter (where same.id is null)
  into codes, fresh
  from jsonb_array_elements(items) with ordinality i (item, n)
  left join verification_requests q on q.id = (i.item->>'request_id')::uuid
  left join verifications v on v.request_id = q.id
  left join verifications same on same.id = v.id and same.id = (i.item->>'id')::uuid
  left join verification_leases l on l.request_id = q.id and l.holder = p_holder and l.claim_id = (i.item->>'claim_id')::bigint;
  fresh := (select array_agg(u.id) from unnest(request_ids, codes) u (id, code) where u.code is null and u.id = any (fresh));
  insert into verifications (id, request_id, run_id, task_id, attempt, outcome, report_sha256, tree_sha256, sandbox_level, environment_sha256, auditor)
  select i.id, q.id, q.run_id, q.task_id, q.attempt, i.outcome, decode(i.report_sha256, 'hex'), decode(i.tree_sha256, 'hex'),
         i.sandbox_level, decode(i.environment_sha256, 'hex'), p_holder
  from jsonb_to_recordset(items) i (request_id uuid, id uuid, outcome text, report_sha256 text, tree_sha256 text, sandbox_level text, environment_sha256 text)
  join verification_requests q on q.id = i.request_id where q.id = any (fresh);
  insert into verdicts (verification_id, requirement_id, verdict, tests_passed, tests_total, detail)
  select i.id, d.requirement_id, d.verdict, d.tests_passed, d.tests_total, coalesce(d.detail, '')
  from jsonb_to_recordset(items) i (request_id uuid, id uuid, verdicts jsonb),
    jsonb_to_recordset(_items(i.verdicts)) d (requirement_id uuid, verdict text, tests_passed int, tests_total int, detail text)
  where i.request_id = any (fresh);
  insert into test_results (verification_id, test_id, requirement_keys, outcome, reached_product, assertions, guard, duration_ms)
  select i.id, x.test_id, x.requirement_keys, x.outcome, x.reached_product, x.assertions, coalesce(x.guard, false), x.duration_ms
  from jsonb_to_recordset(items) i (request_id uuid, id uuid, tests jsonb),
    jsonb_to_recordset(_items(i.tests))
      x (test_id text, requirement_keys text[], outcome text, reached_product boolean, assertions int, guard boolean, duration_ms int)
  where i.request_id = any (fresh);
  insert into evidence (id, verification_id, kind, command, exit_code, reason, output_sha256, tree_sha256, duration_ms)
  select coalesce(e.id, uuid_v7()), i.id, e.kind, e.command, e.exit_code, e.reason, decode(e.output_sha256, 'hex'), decode(e.tree_sha256, 'hex'), e.duration_ms
  from jsonb_to_recordset(items) i (request_id uuid, id uuid, evidence jsonb),
    jsonb_to_recordset(_items(i.evidence))
      e (id uuid, kind text, command text[], exit_code int, reason text, output_sha256 text, tree_sha256 text, duration_ms int)
  where i.request_id = any (fresh);
  delete from verification_leases where request_id = any (fresh);
  return query select * from _outcomes('record_verifications', 'verification_request', request_ids, codes, null,
    (select array_agg(case when u.code is null then u.v_id end order by u.n) from unnest(v_ids, codes) with ordinality u (v_id, code, n)));
end
$$;
revoke all on function record_verifications(jsonb, text, jsonb) from public;
grant execute on function record_verifications(jsonb, text, jsonb) to aura_auditor;
