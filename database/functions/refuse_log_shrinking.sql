-- Trigger of audit_log_state: the numbered log only grows, and a new generation never is an old one.
create or replace function refuse_log_shrinking() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
  if new.size < old.size or new.last_event_id < old.last_event_id or new.generation < old.generation or new.log_id <> old.log_id then
    raise exception 'the log only grows' using errcode = 'AU003';
  end if;
  return new;
end $$;
revoke all on function refuse_log_shrinking() from public;
