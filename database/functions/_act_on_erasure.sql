-- erase_payload (target: an event): salt and payload go, here and in the archive. erase_blob {sha256}: the bytes go. What commits to them
-- stays, so every proof still holds; payload.erased says what is gone. Null, or code and detail.
create or replace function _act_on_erasure(p_action text, p_target_id uuid, args jsonb) returns text[] language plpgsql as $$
declare
  is_archived boolean;
begin
  if p_action = 'erase_blob' then
    update blobs set body = null where sha256 = decode(args->>'sha256', 'hex') and body is not null;
    return case when found then null else array['not_found', 'no bytes are kept under this hash'] end;
  end if;
  update audit_payloads set salt = null, payload = null where event_id = p_target_id and payload is not null;
  if found then return null; end if;
  is_archived := exists (select from audit_payloads p where p.event_id = p_target_id)
    and exists (select from archive_segments s where p_target_id between s.first_event_id and s.last_event_id)
    and not exists (select from audit_events e where e.event_type = 'payload.erased' and e.subject_id = p_target_id::text);
  if not is_archived then return array['not_found', 'no payload of this event is kept']; end if;
  perform _record_event('payload.erased', 'warning', 'payload erased', 'audit_payloads', p_target_id::text, null, null);
  return null;
end
$$;
revoke all on function _act_on_erasure(text, uuid, jsonb) from public;
