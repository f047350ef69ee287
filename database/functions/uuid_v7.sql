-- RFC 9562 version 7 with the sub-millisecond part in rand_a: 48 bits of milliseconds, 12 bits of their fraction, then
-- random. For rows whose id SQL makes; those that one statement makes one after the other stand in that order.
create or replace function uuid_v7() returns uuid language sql volatile parallel safe as $$
  select (lpad(to_hex(us / 1000), 12, '0') || '7' || lpad(to_hex((us % 1000) * 4096 / 1000), 3, '0') || substr(r, 17))::uuid
  from (select (extract(epoch from clock_timestamp()) * 1000000)::bigint us, replace(gen_random_uuid()::text, '-', '') r) s
$$;
revoke all on function uuid_v7() from public;
