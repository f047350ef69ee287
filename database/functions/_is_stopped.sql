-- stop_all was called and resume_all not yet.
create or replace function _is_stopped() returns boolean language plpgsql stable as $$
begin
  return coalesce((select stopped_at is not null from system_state), false);
end $$;
revoke all on function _is_stopped() from public;
