-- Stores bytes under their SHA-256 and returns the hashes in order. What is there already stays as it is. Raises AU001 for a
-- body without a media type or of more than 32 MiB.
create or replace function _store_blobs(bodies bytea[], media_types text[]) returns setof bytea
  language plpgsql as $$
#variable_conflict use_column
begin
  if bodies is null or array_position(bodies, null) is not null or cardinality(media_types) is distinct from cardinality(bodies) then
    raise exception 'malformed blobs: every body needs a media type' using errcode = 'AU001';
  end if;
  if exists (select from unnest(bodies) b where octet_length(b) > 32 * 1024 * 1024) then
    raise exception 'malformed blobs: a body has at most 32 MiB' using errcode = 'AU001';
  end if;
  insert into blobs (sha256, size, media_type, body)
  select distinct on (sha256(i.body)) sha256(i.body), octet_length(i.body), i.media_type, i.body
  from unnest(bodies, media_types) i (body, media_type) order by sha256(i.body)
  on conflict do nothing;
  return query select sha256(i.body) from unnest(bodies) with ordinality i (body, n) order by i.n;
end
$$;
revoke all on function _store_blobs(bytea[], text[]) from public;
