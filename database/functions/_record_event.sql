-- One event that no row change writes by itself. Returns its id.
create or replace function _record_event(
  p_event_type text, p_severity text, p_description text, p_subject_type text, p_subject_id text,
  p_run_id uuid, p_task_id uuid, p_changes text default '', p_payload bytea default null
) returns uuid language plpgsql as $$
declare
  f event_frame := _event_frame();
  event_id text := _next_event_id(f.id_head);
  salt bytea := uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid());
  severity text := case when f.severity = 'critical' then 'critical' else p_severity end;
begin
  insert into audit_events (id, source, severity, description, created_at, event_type, run_id, task_id, subject_type, subject_id,
                            actor_kind, actor_id, tx, env)
  values (event_id::uuid, f.source, severity, p_description, f.at, p_event_type, p_run_id, p_task_id, p_subject_type, p_subject_id,
          f.actor_kind, f.actor_id, f.tx,
          _event_bytes(f, event_id, p_event_type, '', '', p_run_id, p_task_id, coalesce(p_subject_type, ''), coalesce(p_subject_id, ''),
                       severity, p_description, p_changes,
                       case when p_payload is null then '' else encode(sha256(salt || p_payload), 'hex') end));
  if p_payload is not null then
    insert into audit_payloads (event_id, salt, payload) values (event_id::uuid, salt, p_payload);
  end if;
  return event_id::uuid;
end $$;
revoke all on function _record_event(text, text, text, text, text, uuid, uuid, text, bytea) from public;
