-- `<verb>.refused` for every item that has a code. The item changed nothing; that it was tried stays on record.
create or replace function _record_refusals(p_verb text, p_subject_type text, p_ids uuid[], p_codes text[]) returns void language plpgsql as $$
declare
  f event_frame;
begin
  if array_length(array_remove(p_codes, null), 1) is null then return; end if;
  f := _event_frame();
  insert into audit_events (id, source, severity, description, created_at, event_type, run_id, task_id, subject_type, subject_id,
                            actor_kind, actor_id, tx, env)
  select x.event_id::uuid, f.source, x.severity, p_verb || ' refused', f.at, p_verb || '.refused', x.run_id, x.task_id, p_subject_type,
         x.subject_id, f.actor_kind, f.actor_id, f.tx,
         _event_bytes(f, x.event_id, p_verb || '.refused', '', '', x.run_id, x.task_id, p_subject_type, x.subject_id, x.severity,
                      p_verb || ' refused', '"code":' || to_json(x.code), '')
  from (select _next_event_id(f.id_head) event_id, i.code, coalesce(i.id::text, '') subject_id,
               coalesce(t.run_id, r.id, v.run_id, a.run_id) run_id, coalesce(t.id, v.task_id) task_id,
               case when f.severity = 'critical' then 'critical' else 'warning' end severity
        from unnest(p_ids, p_codes) i (id, code)
        left join task_queue t on p_subject_type = 'task' and t.id = i.id
        left join orchestra_runs r on p_subject_type = 'run' and r.id = i.id
        left join verification_requests v on p_subject_type = 'verification_request' and v.id = i.id
        left join approvals a on p_subject_type = 'approval' and a.id = i.id
        where i.code is not null offset 0) x;
end $$;
revoke all on function _record_refusals(text, text, uuid[], text[]) from public;
