-- stop_all was called and resume_all not yet.
create or replace function _is_stopped() returns boolean language sql stable as $$
  select coalesce((select stopped_at is not null from system_state), false)
$$;
revoke all on function _is_stopped() from public;
