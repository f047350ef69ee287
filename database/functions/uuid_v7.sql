-- RFC 9562 version 7: 48 bits of milliseconds, then random. For rows whose id SQL makes.
create or replace function uuid_v7() returns uuid language sql volatile parallel safe as $$
  select (lpad(to_hex(floor(extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0')
    || '7' || substr(r, 14, 3) || substr(r, 17))::uuid
  from (select replace(gen_random_uuid()::text, '-', '') r) s
$$;
revoke all on function uuid_v7() from public;
