-- Who acts, in which transaction, when: built once a statement. What the session says about its actor counts only as far
-- as its login may say it, `migration` only while a release is open; everything else is `unattributed` and critical.
create or replace function _event_frame() returns event_frame language plpgsql as $$
declare
  f event_frame;
  kind text := nullif(current_setting('aura.actor_kind', true), '');
  allowed text[];
begin
  select s.source, s.kinds into f.source, allowed from (values
    ('aura_manager', 'manager', array['manager', 'director', 'observer', 'service']),
    ('aura_agent', 'agent-runtime', array['agent', 'runtime']),
    ('aura_auditor', 'auditor', array['auditor']),
    ('aura_migrator', 'migrate', '{}')) s (login, source, kinds)
  where s.login = session_user;
  f.source := coalesce(f.source, 'database');
  if kind = any (allowed) or (kind = 'migration' and guard.release_is_open()) then
    f.actor_kind := kind;
    f.actor_id := coalesce(nullif(current_setting('aura.actor_id', true), ''), session_user);
    f.severity := 'info';
    f.request_id := current_setting('aura.request_id', true);
  else
    f.actor_kind := 'unattributed';
    f.actor_id := session_user;
    f.severity := 'critical';
  end if;
  f.request_id := coalesce(f.request_id, '');
  f.tx := pg_current_xact_id();
  f.at := clock_timestamp() at time zone 'UTC';
  f.id_head := left(_uuid_floor((select generation from audit_log_state), f.tx)::text, 24);
  f.opening := concat('{"action_id":', to_json(case when f.actor_kind = 'unattributed' then '' else coalesce(current_setting('aura.action_id', true), '') end),
    ',"actor_id":', to_json(f.actor_id), ',"actor_kind":"', f.actor_kind, '","at":"', _utc_text(f.at),
    '","db_role":', to_json(session_user::text));
  return f;
end $$;
revoke all on function _event_frame() from public;
