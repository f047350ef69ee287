-- Puts on record what the Auditor signed about delivered software, one a run. Item: {id, run_id, verification_id, provenance_sha256,
-- test_result_sha256, sbom_sha256, verifier_key}, hashes in hex; verification_id is null where nobody judged a partial delivery. The
-- same again, under whatever id: done. Refused: not_found (the run, or bytes that it names), nothing_delivered (not completed),
-- verification_missing (another judgement than delivery_judgement, or none of a run that was delivered as verified), unknown_key,
-- other_subject (a statement is about another tree), other_result (verified and FAILED, or partial and PASSED), already_attested.
create or replace function record_attestations(ctx jsonb, attestations jsonb) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  items constant jsonb := _items(attestations);
  ids uuid[];
  codes text[];
begin
  perform _enter(ctx, array['auditor']);
  select coalesce(array_agg((i.item->>'id')::uuid order by i.n), '{}') into ids from jsonb_array_elements(items) with ordinality i (item, n);
  perform _check_items(ids);
  perform from orchestra_runs where id in (select (i->>'run_id')::uuid from jsonb_array_elements(items) i) order by id for no key update;
  select array_agg(case
      when r.id is null then 'not_found'
      when r.status <> 'completed' or e.id is null then 'nothing_delivered'
      when i.verification_id is distinct from j.id or (j.id is null and r.stop_reason <> 'partial') then 'verification_missing'
      when a.id is not null and (a.verification_id, a.provenance_sha256, a.test_result_sha256, a.sbom_sha256, a.verifier_key)
        is distinct from (i.verification_id, decode(i.provenance_sha256, 'hex'), decode(i.test_result_sha256, 'hex'), decode(i.sbom_sha256, 'hex'), i.verifier_key)
        then 'already_attested'
      when not exists (select from attestation_keys k where k.verifier_key = i.verifier_key) then 'unknown_key'
      when exists (
        select from unnest(array[i.provenance_sha256, i.test_result_sha256, i.sbom_sha256]) h
        where not exists (select from blobs b where b.sha256 = decode(h, 'hex') and b.body is not null)) then 'not_found'
      when p.statement->'subject'->0->'digest'->>'sha256' is distinct from encode(e.tree_sha256, 'hex')
        or t.statement->'subject'->0->'digest'->>'sha256' is distinct from encode(e.tree_sha256, 'hex') then 'other_subject'
      when coalesce(t.statement->'predicate'->>'result', '') not in ('WARNED', case r.stop_reason when 'partial' then 'FAILED' else 'PASSED' end) then 'other_result'
    end order by i.n)
  into codes
  from rows from (jsonb_to_recordset(items) as (id uuid, run_id uuid, verification_id uuid, provenance_sha256 text, test_result_sha256 text, sbom_sha256 text, verifier_key text))
    with ordinality i (id, run_id, verification_id, provenance_sha256, test_result_sha256, sbom_sha256, verifier_key, n)
  left join orchestra_runs r on r.id = i.run_id
  left join revisions e on e.id = r.delivered_revision_id
  left join lateral delivery_judgement(r.id) j (id) on true
  left join lateral _attested_statement(decode(i.provenance_sha256, 'hex'), 'https://slsa.dev/provenance/v1') p (statement) on true
  left join lateral _attested_statement(decode(i.test_result_sha256, 'hex'), 'https://in-toto.io/attestation/test-result/v0.1') t (statement) on true
  left join attestations a on a.run_id = r.id;
  insert into attestations (id, run_id, revision_id, verification_id, tree_sha256, provenance_sha256, test_result_sha256, sbom_sha256, verifier_key)
  select i.id, r.id, e.id, i.verification_id, e.tree_sha256, decode(i.provenance_sha256, 'hex'), decode(i.test_result_sha256, 'hex'), decode(i.sbom_sha256, 'hex'), i.verifier_key
  from jsonb_to_recordset(items) i (id uuid, run_id uuid, verification_id uuid, provenance_sha256 text, test_result_sha256 text, sbom_sha256 text, verifier_key text)
  join unnest(ids, codes) c (id, code) on c.id = i.id and c.code is null
  join orchestra_runs r on r.id = i.run_id join revisions e on e.id = r.delivered_revision_id
  where not exists (select from attestations a where a.run_id = r.id);
  return query select * from _outcomes('record_attestations', 'attestation', ids, codes);
end
$$;
revoke all on function record_attestations(jsonb, jsonb) from public;
grant execute on function record_attestations(jsonb, jsonb) to aura_auditor;
