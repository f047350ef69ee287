create or replace function _is_open_run(p_status text) returns boolean language sql immutable parallel safe as $$
  select p_status in ('planning', 'awaiting_director', 'executing', 'delivering')
$$;
revoke all on function _is_open_run(text) from public;
