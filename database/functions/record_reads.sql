-- Who reads what is sensitive, written before it is given out: [{presented_key, request_id, subject_type, subject_id}], one event
-- object.read each, in the name of whose key was presented, so that the Manager makes up no reader.
-- Of no run and no task: to read a run's evidence must not reopen its books. Refused: unauthenticated, validation_failed.
create or replace function record_reads(ctx jsonb, reads jsonb) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  r record;
begin
  perform _enter(ctx, array['manager']);
  for r in
    select k.id as key_id, k.role, left(i.request_id, 200) as request_id, i.subject_type, i.subject_id
    from rows from (jsonb_to_recordset(_items(reads)) as (presented_key text, request_id text, subject_type text, subject_id text))
      with ordinality i (presented_key, request_id, subject_type, subject_id, n)
    left join api_keys k on k.key_sha256 = sha256(convert_to(coalesce(i.presented_key, ''), 'UTF8'))
      and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
    order by i.n
  loop
    perform _act_as(coalesce(r.role, 'manager'), coalesce(r.key_id::text, ctx->>'actor_id'), r.request_id, '');
    if r.key_id is null then
      return next _outcome('record_reads', 'api_key', null, 'unauthenticated');
    elsif coalesce(r.subject_type, '') not in ('task_evidence', 'evidence_pack', 'audit_export', 'api_keys')
      or coalesce(r.subject_id, '') !~ '^[A-Za-z0-9._:-]{1,100}$' then
      return next _outcome('record_reads', 'api_key', r.key_id, 'validation_failed', 'subject_type and subject_id');
    else
      return next (_record_event('object.read', 'info', 'object read', r.subject_type, r.subject_id, null, null), 'done', null, null)::verb_outcome;
    end if;
  end loop;
end
$$;
revoke all on function record_reads(jsonb, jsonb) from public;
grant execute on function record_reads(jsonb, jsonb) to aura_manager;
