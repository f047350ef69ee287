-- By migrate: the key of MANAGER_API_KEY is the director key named `director`; a former one is revoked.
create or replace function _adopt_director_key(p_sha256 bytea) returns void language plpgsql as $$
begin
  perform _act_as('migration', 'director-key', null, null);
  update api_keys set revoked_at = now() where name = 'director' and role = 'director' and revoked_at is null and key_sha256 <> p_sha256;
  insert into api_keys (id, name, role, key_sha256) values (uuid_v7(), 'director', 'director', p_sha256)
  on conflict (key_sha256) do update set revoked_at = null where api_keys.revoked_at is not null;
end $$;
revoke all on function _adopt_director_key(bytea) from public;
