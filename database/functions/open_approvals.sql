-- Gates: {id, run_id, kind, digest, subject_id, content_sha256, question, expires_at}. The same id again: done.
-- Refused: run_closed, not_found (content is not stored), digest_mismatch (not the one that the database computes),
-- product_mismatch (a plan's gate shows another document than the plan and its requirements).
create or replace function open_approvals(ctx jsonb, approvals jsonb) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  ids uuid[] := (select array_agg((a->>'id')::uuid order by n) from jsonb_array_elements(_items(open_approvals.approvals)) with ordinality u (a, n));
  codes text[];
begin
  perform _enter_leader(ctx);
  perform _check_items(coalesce(ids, '{}'));
  perform from orchestra_runs r where r.id in (select (a->>'run_id')::uuid from jsonb_array_elements(_items(open_approvals.approvals)) a) order by r.id for share;
  select array_agg(case
      when exists (select from approvals x where x.id = a.id) then null
      when not exists (select from orchestra_runs r where r.id = a.run_id and _is_open_run(r.status)) then 'run_closed'
      when not exists (select from blobs b where b.sha256 = decode(a.content_sha256, 'hex')) then 'not_found'
      when decode(a.digest, 'hex') is distinct from _approval_digest(a.run_id, a.kind, a.subject_id, decode(a.content_sha256, 'hex')) then 'digest_mismatch'
      when a.kind = 'plan' and not _shows_plan(a.subject_id, decode(a.content_sha256, 'hex')) then 'product_mismatch'
    end order by array_position(ids, a.id))
  into codes from jsonb_to_recordset(_items(open_approvals.approvals)) a (id uuid, run_id uuid, kind text, digest text, subject_id uuid, content_sha256 text);
  insert into approvals (id, run_id, kind, digest, subject_id, content_sha256, question, expires_at)
  select a.id, a.run_id, a.kind, decode(a.digest, 'hex'), a.subject_id, decode(a.content_sha256, 'hex'), a.question, a.expires_at
  from jsonb_to_recordset(_items(open_approvals.approvals)) a (id uuid, run_id uuid, kind text, digest text, subject_id uuid, content_sha256 text, question text, expires_at timestamptz)
  join unnest(ids, codes) i (id, code) on i.id = a.id where i.code is null
  on conflict (id) do nothing;
  return query select * from _outcomes('open_approvals', 'approval', ids, codes);
end
$$;
revoke all on function open_approvals(jsonb, jsonb) from public;
grant execute on function open_approvals(jsonb, jsonb) to aura_manager;
