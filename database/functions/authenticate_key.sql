-- Whose API key this is; no row when it is unknown, revoked or expired.
create or replace function authenticate_key(presented text) returns table (key_id uuid, name text, role text)
  language sql stable
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
select k.id, k.name, k.role from api_keys k
  where k.key_sha256 = sha256(convert_to(presented, 'UTF8')) and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
$$;
revoke all on function authenticate_key(text) from public;
grant execute on function authenticate_key(text) to aura_manager;
