-- The one place where an envelope is formed: RFC 8785 bytes of version 1. Keys stand in order and are ASCII; to_json(text)
-- escapes exactly as RFC 8785 asks. p_changes is the inside of `set`, already canonical.
create or replace function _event_bytes(
  f event_frame, p_id text, p_event_type text, p_from text, p_to text, p_run_id uuid, p_task_id uuid,
  p_subject_type text, p_subject_id text, p_severity text, p_description text, p_changes text, p_payload_sha256 text
) returns bytea language sql stable as $$
  select convert_to(concat(
    (f).opening, ',"description":', to_json(p_description), ',"event_type":', to_json(p_event_type),
    ',"from":', to_json(p_from), ',"id":"', p_id, '","payload_sha256":"', p_payload_sha256,
    '","request_id":', to_json((f).request_id), ',"run_id":"', p_run_id, '","set":{', p_changes,
    '},"severity":', to_json(p_severity), ',"source":"', (f).source, '","subject_id":', to_json(p_subject_id),
    ',"subject_type":', to_json(p_subject_type), ',"task_id":"', p_task_id, '","to":', to_json(p_to),
    ',"tx":"', (f).tx, '","v":"1"}'), 'UTF8')
$$;
revoke all on function _event_bytes(event_frame, text, text, text, text, uuid, uuid, text, text, text, text, text, text) from public;
