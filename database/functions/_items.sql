-- The items of a JSON argument; anything but an array has none.
create or replace function _items(p_value jsonb) returns jsonb language sql immutable parallel safe as $$
  select case jsonb_typeof(p_value) when 'array' then p_value else '[]'::jsonb end
$$;
revoke all on function _items(jsonb) from public;
