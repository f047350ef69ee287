-- A segment of the archive without what a Director had erased: the Auditor wrote it anew, and says how many payloads it still has.
-- The same again: done. Refused: not_found, miscounted (more are gone than were erased).
create or replace function shrink_archive_segment(ctx jsonb, p_segment_id uuid, p_payloads int, p_sha256 bytea) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  s archive_segments;
  erased int;
begin
  perform _enter(ctx, array['auditor']);
  select * into s from archive_segments where id = p_segment_id for update;
  select count(*) into erased from audit_payloads p
  where p.event_id between s.first_event_id and s.last_event_id
    and exists (select from audit_events e where e.event_type = 'payload.erased' and e.subject_type = 'audit_payloads' and e.subject_id = p.event_id::text);
  if s.id is null or p_payloads is null or p_payloads < 0 or p_payloads > s.payloads or s.payloads - p_payloads > erased then
    return next _outcome('shrink_archive_segment', 'archive_segment', p_segment_id, case when s.id is null then 'not_found' else 'miscounted' end);
    return;
  end if;
  if p_payloads < s.payloads then
    update archive_segments set payloads = p_payloads, sha256 = p_sha256 where id = p_segment_id;
  end if;
  return next _outcome('shrink_archive_segment', 'archive_segment', p_segment_id, null);
end
$$;
revoke all on function shrink_archive_segment(jsonb, uuid, int, bytea) from public;
grant execute on function shrink_archive_segment(jsonb, uuid, int, bytea) to aura_auditor;
