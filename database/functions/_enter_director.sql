-- The key's row when the presented key may act, and sets the actor: the Director under the name of that key. The row is
-- null when the key is unknown, its id alone when it has another role. The Manager cannot act for the Director without it.
create or replace function _enter_director(ctx jsonb, presented_key text, p_roles text[]) returns api_keys language plpgsql as $$
declare
  k api_keys;
begin
  perform _enter(ctx, array['manager']);
  select * into k from api_keys
  where key_sha256 = sha256(convert_to(coalesce(presented_key, ''), 'UTF8')) and revoked_at is null and (expires_at is null or expires_at > now());
  if k.id is not null and k.role = any (p_roles) then
    perform _act_as('director', k.name, ctx->>'request_id', ctx->>'action_id');
    return k;
  end if;
  k.role := null;
  return k;
end
$$;
revoke all on function _enter_director(jsonb, text, text[]) from public;
