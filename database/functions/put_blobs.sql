-- Stores bytes for Manager and Auditor, see _store_blobs.
create or replace function put_blobs(bodies bytea[], media_types text[]) returns setof bytea
  language sql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
select * from _store_blobs(bodies, media_types)
$$;
revoke all on function put_blobs(bytea[], text[]) from public, aura_agent;
grant execute on function put_blobs(bytea[], text[]) to aura_manager, aura_auditor;
