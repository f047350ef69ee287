-- The only writer of verdicts: {id, outcome, report_sha256, tree_sha256, sandbox_level, environment_sha256, verdicts
-- [{requirement_id, verdict, tests_passed, tests_total, detail}], tests [{test_id, requirement_keys, outcome,
-- reached_product, assertions, guard, duration_ms}], evidence [{id, kind, command, exit_code, reason, output_sha256,
-- tree_sha256, duration_ms}]}, hashes in hex. The same id again: done. Refused: not_found, stale_claim, tree_mismatch.
create or replace function record_verification(
  ctx jsonb, p_holder text, p_request_id uuid, p_claim_id bigint, verification jsonb
) returns verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  q verification_requests;
  v_id uuid := (verification->>'id')::uuid;
  tree bytea := decode(verification->>'tree_sha256', 'hex');
  code text;
begin
  perform _enter(ctx, array['auditor']);
  select * into q from verification_requests where id = p_request_id for no key update;
  if exists (select from verifications v where v.id = v_id and v.request_id = p_request_id) then
    return _outcome('record_verification', 'verification', v_id, null);
  end if;
  code := case
    when q.id is null then 'not_found'
    when not exists (select from verification_leases l where l.request_id = q.id and l.holder = p_holder and l.claim_id = p_claim_id)
      or exists (select from verifications v where v.request_id = q.id) then 'stale_claim'
    when q.tree_sha256 is not null and tree is distinct from q.tree_sha256 then 'tree_mismatch'
    when exists (select from jsonb_to_recordset(_items(verification->'verdicts')) d (requirement_id uuid)
                 where not exists (select from requirements r where r.id = d.requirement_id and r.run_id = q.run_id)) then 'not_found'
  end;
  if code is not null then return _outcome('record_verification', 'verification_request', p_request_id, code); end if;
  insert into verifications (id, request_id, run_id, task_id, attempt, outcome, report_sha256, tree_sha256, sandbox_level, environment_sha256, auditor)
  values (v_id, q.id, q.run_id, q.task_id, q.attempt, verification->>'outcome', decode(verification->>'report_sha256', 'hex'), tree,
          verification->>'sandbox_level', decode(verification->>'environment_sha256', 'hex'), p_holder);
  insert into verdicts (verification_id, requirement_id, verdict, tests_passed, tests_total, detail)
  select v_id, d.requirement_id, d.verdict, d.tests_passed, d.tests_total, coalesce(d.detail, '')
  from jsonb_to_recordset(_items(verification->'verdicts')) d (requirement_id uuid, verdict text, tests_passed int, tests_total int, detail text);
  insert into test_results (verification_id, test_id, requirement_keys, outcome, reached_product, assertions, guard, duration_ms)
  select v_id, x.test_id, x.requirement_keys, x.outcome, x.reached_product, x.assertions, coalesce(x.guard, false), x.duration_ms
  from jsonb_to_recordset(_items(verification->'tests'))
    x (test_id text, requirement_keys text[], outcome text, reached_product boolean, assertions int, guard boolean, duration_ms int);
  insert into evidence (id, verification_id, kind, command, exit_code, reason, output_sha256, tree_sha256, duration_ms)
  select coalesce(e.id, uuid_v7()), v_id, e.kind, e.command, e.exit_code, e.reason, decode(e.output_sha256, 'hex'), decode(e.tree_sha256, 'hex'), e.duration_ms
  from jsonb_to_recordset(_items(verification->'evidence'))
    e (id uuid, kind text, command text[], exit_code int, reason text, output_sha256 text, tree_sha256 text, duration_ms int);
  delete from verification_leases where request_id = q.id;
  return _outcome('record_verification', 'verification', v_id, null);
end
$$;
revoke all on function record_verification(jsonb, text, uuid, bigint, jsonb) from public;
grant execute on function record_verification(jsonb, text, uuid, bigint, jsonb) to aura_auditor;
