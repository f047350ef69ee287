-- Stores bytes under their SHA-256 and returns the hashes in order. What is there already stays as it is; what was erased and is handed
-- in again is kept again, on record. Raises AU001 for a body without a media type or of more than 32 MiB.
create or replace function _store_blobs(bodies bytea[], media_types text[]) returns setof bytea
  language plpgsql as $$
#variable_conflict use_column
declare
  hashes bytea[];
begin
  if bodies is null or array_position(bodies, null) is not null or cardinality(media_types) is distinct from cardinality(bodies) then
    raise exception 'malformed blobs: every body needs a media type' using errcode = 'AU001';
  end if;
  if exists (select from unnest(bodies) b where octet_length(b) > 32 * 1024 * 1024) then
    raise exception 'malformed blobs: a body has at most 32 MiB' using errcode = 'AU001';
  end if;
  hashes := array(select sha256(i.body) from unnest(bodies) with ordinality i (body, n) order by i.n);
  insert into blobs (sha256, size, media_type, body)
  select distinct on (i.hash) i.hash, octet_length(i.body), i.media_type, i.body
  from unnest(hashes, bodies, media_types) i (hash, body, media_type) order by i.hash
  on conflict do nothing;
  if exists (select from blobs b where b.sha256 = any (hashes) and b.body is null) then
    update blobs b set body = i.body from unnest(hashes, bodies) i (hash, body) where b.sha256 = i.hash and b.body is null;
  end if;
  return query select unnest(hashes);
end
$$;
revoke all on function _store_blobs(bytea[], text[]) from public;
