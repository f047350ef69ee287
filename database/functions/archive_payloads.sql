-- Payloads that lie in a segment of the archive now, written and read back by the Auditor: they go here, and archive_segment.created
-- says which. All of them or none. Refused: not_found (one of them is not kept, or is under no signed checkpoint yet).
create or replace function archive_payloads(ctx jsonb, p_segment_id uuid, event_ids uuid[], p_sha256 bytea) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  kept int;
begin
  perform _enter(ctx, array['auditor']);
  perform _check_items(event_ids);
  perform _in_verb('archive_payloads');
  perform from audit_payloads p where p.event_id = any (event_ids) order by p.event_id for update;
  select count(*) into kept from audit_payloads p join audit_leaves l on l.event_id = p.event_id
  where p.event_id = any (event_ids) and p.payload is not null and l.seq < (select max(c.size) from audit_checkpoints c);
  if kept = 0 or kept <> cardinality(event_ids) then
    return next _outcome('archive_payloads', 'archive_segment', p_segment_id, 'not_found');
    return;
  end if;
  insert into archive_segments (id, first_event_id, last_event_id, payloads, sha256)
  select p_segment_id, (select e from unnest(event_ids) e order by e limit 1), (select e from unnest(event_ids) e order by e desc limit 1), kept, p_sha256;
  update audit_payloads set salt = null, payload = null where event_id = any (event_ids);
  return next _outcome('archive_payloads', 'archive_segment', p_segment_id, null);
end
$$;
revoke all on function archive_payloads(jsonb, uuid, uuid[], bytea) from public;
grant execute on function archive_payloads(jsonb, uuid, uuid[], bytea) to aura_auditor;
