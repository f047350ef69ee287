-- A lease has 5 to 600 seconds.
create or replace function _lease_seconds(p_seconds int) returns interval
  language sql immutable as $$
select make_interval(secs => least(greatest(coalesce(p_seconds, 30), 5), 600))
$$;
revoke all on function _lease_seconds(int) from public;
