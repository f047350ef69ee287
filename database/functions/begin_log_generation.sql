-- By the administrator, after a backup was restored and while no service is connected: the log goes on from what the backup holds,
-- under a name of its own, so that nobody takes its checkpoints for those of the log that was lost. Recorded as log.restored {generation, size}.
-- Returns the generation. Raises AU004 while a service is connected.
create or replace function begin_log_generation(p_reason text) returns int
  language plpgsql set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  s audit_log_state;
begin
  if length(coalesce(p_reason, '')) < 3 then
    raise exception 'a reason of at least 3 characters is needed' using errcode = 'AU001';
  end if;
  if exists (select from pg_stat_activity where datname = current_database() and usename in ('aura_manager', 'aura_agent', 'aura_auditor')) then
    raise exception 'stop the services first: one of them is connected' using errcode = 'AU004';
  end if;
  lock table audit_events in exclusive mode;
  update audit_log_state set generation = generation + 1 returning * into s;
  perform _record_event('log.restored', 'critical', left(p_reason, 200), 'log', s.log_id::text, null, null,
    concat('"generation":"', s.generation, '","size":"', s.size, '"'));
  return s.generation;
end
$$;
revoke all on function begin_log_generation(text) from public;
