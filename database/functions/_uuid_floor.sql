-- The smallest event id that a transaction can have: all ids of earlier ones are below it.
create or replace function _uuid_floor(p_generation int, p_tx xid8) returns uuid language sql immutable parallel safe as $$
  select (lpad(to_hex(p_generation), 2, '0') || substr(h, 1, 6) || '-' || substr(h, 7, 4) || '-8' || substr(h, 11, 3)
    || '-8000-000000000000')::uuid
  from (select lpad(to_hex(p_tx::text::bigint), 13, '0') h) s
$$;
revoke all on function _uuid_floor(int, xid8) from public;
