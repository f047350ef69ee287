-- By migrate: the key of MANAGER_API_KEY is the director key named `director`; a former one is revoked. Configuration never
-- undoes a Director: raises AU001 for a key that one revoked, or that is registered as something else.
create or replace function _adopt_director_key(p_sha256 bytea) returns void language plpgsql as $$
declare
  k api_keys;
begin
  select * into k from api_keys where key_sha256 = p_sha256;
  if exists (select from director_actions d where d.action = 'revoke_key' and d.target_id = k.id and d.outcome = 'done') then
    raise exception 'MANAGER_API_KEY was revoked by a Director; set another one' using errcode = 'AU001';
  elsif k.id is not null and (k.role <> 'director' or k.expires_at is not null) then
    raise exception 'MANAGER_API_KEY is registered as another key (%); set another one', k.name using errcode = 'AU001';
  end if;
  perform _act_as('migration', 'director-key', null, null);
  update api_keys set revoked_at = now() where name = 'director' and role = 'director' and revoked_at is null and key_sha256 <> p_sha256;
  insert into api_keys (id, name, role, key_sha256) values (uuid_v7(), 'director', 'director', p_sha256)
  on conflict (key_sha256) do update set revoked_at = null where api_keys.revoked_at is not null;
end $$;
revoke all on function _adopt_director_key(bytea) from public;
