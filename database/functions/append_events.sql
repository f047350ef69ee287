-- Events that no row change writes: {event_type, severity, description, run_id, task_id, subject_type, subject_id,
-- payload_base64}. Only the types that event_type_roles gives to the caller's role, so nobody can write a verdict-shaped event.
-- The payload is bytes, whatever they are, kept apart and erasable. The id is the event's. Refused: forbidden.
create or replace function append_events(ctx jsonb, events jsonb) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  e record;
begin
  perform _enter(ctx, array['auditor']);
  for e in select * from jsonb_to_recordset(_items(events))
    x (event_type text, severity text, description text, run_id uuid, task_id uuid, subject_type text, subject_id text, payload_base64 text) loop
    if not exists (select from event_type_roles p where p.event_type = e.event_type and p.role_name = session_user) then
      return next _outcome('append_events', 'event', null, 'forbidden', e.event_type);
    else
      return next (_record_event(e.event_type, coalesce(e.severity, 'info'), left(coalesce(e.description, e.event_type), 200), coalesce(e.subject_type, ''),
        left(coalesce(e.subject_id, ''), 200), e.run_id, e.task_id, '', decode(e.payload_base64, 'base64')), 'done', null, null)::verb_outcome;
    end if;
  end loop;
end
$$;
revoke all on function append_events(jsonb, jsonb) from public;
grant execute on function append_events(jsonb, jsonb) to aura_auditor;
