-- create_key {name, role, key_sha256, expires_at}: only the hash of a key ever comes here; p_target_id is its new id.
-- revoke_key: the key is refused from now on. The last director key that works stays. Null, or code and detail.
create or replace function _act_on_key(p_action text, p_target_id uuid, args jsonb) returns text[] language plpgsql as $$
declare
  k api_keys;
begin
  lock table api_keys in share row exclusive mode;  -- two revocations at once must not take the last two keys
  if p_action = 'create_key' then
    if lower(btrim(args->>'name')) = 'director' then return array['name_taken', 'the configured key has this name']; end if;
    if exists (select from api_keys where (lower(name) = lower(args->>'name') and revoked_at is null) or key_sha256 = decode(args->>'key_sha256', 'hex')) then
      return array['name_taken', 'a key of that name or value exists'];
    end if;
    insert into api_keys (id, name, role, key_sha256, expires_at)
    values (p_target_id, args->>'name', args->>'role', decode(args->>'key_sha256', 'hex'), (args->>'expires_at')::timestamptz);
    return null;
  end if;
  select * into k from api_keys where id = p_target_id for no key update;
  if k.id is null then return array['not_found', 'there is no such key']; end if;
  if k.revoked_at is not null then return array['illegal_transition', 'the key is revoked']; end if;
  if k.role = 'director' and not exists (
    select from api_keys o where o.role = 'director' and o.id <> k.id and o.revoked_at is null and o.expires_at is null) then
    return array['illegal_transition', 'it is the last director key that does not expire'];
  end if;
  update api_keys set revoked_at = now() where id = k.id;
  return null;
end
$$;
revoke all on function _act_on_key(text, uuid, jsonb) from public;
