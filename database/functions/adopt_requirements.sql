-- The verified requirements of a run and what became of every block. Requirement: {id, key, kind, priority,
-- verification_method, block_ids, content_sha256}; disposition: {block_id, disposition, reason}. They are exactly those of
-- the verified product. The same again: done. Refused: not_found, run_closed, verification_missing, product_mismatch,
-- illegal_transition (others were adopted before).
create or replace function adopt_requirements(
  ctx jsonb, p_run_id uuid, p_verification_id uuid, requirements jsonb, dispositions jsonb
) returns verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  r orchestra_runs;
  ids uuid[] := (select array_agg((q->>'id')::uuid order by q->>'id') from jsonb_array_elements(_items(requirements)) q);
  present uuid[];
  asked verification_requests;
begin
  perform _enter_leader(ctx);
  select * into r from orchestra_runs where id = p_run_id for no key update;
  present := (select array_agg(q.id order by q.id::text) from requirements q where q.run_id = p_run_id);
  if r.id is null then return _outcome('adopt_requirements', 'run', p_run_id, 'not_found'); end if;
  if present = ids then return _outcome('adopt_requirements', 'run', p_run_id, null); end if;
  if present is not null then return _outcome('adopt_requirements', 'run', p_run_id, 'illegal_transition', 'the run has other requirements'); end if;
  if not _is_open_run(r.status) then return _outcome('adopt_requirements', 'run', p_run_id, 'run_closed'); end if;
  asked := _accepted_request(p_run_id, p_verification_id, 'requirements');
  if asked.id is null then return _outcome('adopt_requirements', 'run', p_run_id, 'verification_missing'); end if;
  if not _is_understood(_json(asked.product_sha256), adopt_requirements.requirements, dispositions) then
    return _outcome('adopt_requirements', 'run', p_run_id, 'product_mismatch', 'the verified product says otherwise');
  end if;
  insert into requirements (id, run_id, key, kind, priority, verification_method, block_ids, content_sha256)
  select q.id, p_run_id, q.key, q.kind, q.priority, q.verification_method, q.block_ids, decode(q.content_sha256, 'hex')
  from jsonb_to_recordset(_items(adopt_requirements.requirements))
    q (id uuid, key text, kind text, priority text, verification_method text, block_ids text[], content_sha256 text);
  insert into block_dispositions (run_id, block_id, disposition, reason)
  select p_run_id, d.block_id, d.disposition, coalesce(d.reason, '')
  from jsonb_to_recordset(_items(dispositions)) d (block_id text, disposition text, reason text);
  return _outcome('adopt_requirements', 'run', p_run_id, null);
end
$$;
revoke all on function adopt_requirements(jsonb, uuid, uuid, jsonb, jsonb) from public;
grant execute on function adopt_requirements(jsonb, uuid, uuid, jsonb, jsonb) to aura_manager;
