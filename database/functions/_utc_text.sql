-- Times in envelopes: RFC 3339, UTC, microseconds.
create or replace function _utc_text(p_at timestamp) returns text language sql stable parallel safe as $$
  select to_char(p_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
revoke all on function _utc_text(timestamp) from public;
