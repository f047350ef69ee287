-- Name of the log, for one of its generations.
create or replace function _log_origin(p_generation int) returns text language sql stable as $$
  select 'aura_orchestra/' || s.log_id || '/' || p_generation from audit_log_state s
$$;
revoke all on function _log_origin(int) from public;
