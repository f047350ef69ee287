-- The smallest event id that a transaction can have: all ids of earlier ones are below it. One expression without FROM, so
-- that it takes its place in the statement.
create or replace function _uuid_floor(p_generation int, p_tx xid8) returns uuid language sql immutable parallel safe as $$
  select (lpad(to_hex(p_generation), 2, '0') || left(lpad(to_hex(p_tx::text::bigint), 13, '0'), 10) || '8'
    || right(lpad(to_hex(p_tx::text::bigint), 13, '0'), 3) || '8000000000000000')::uuid
$$;
revoke all on function _uuid_floor(int, xid8) from public;
