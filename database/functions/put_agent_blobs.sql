-- Stores bytes for a runtime, see _store_blobs. Raises AU005 for an unknown token.
create or replace function put_agent_blobs(p_token text, bodies bytea[], media_types text[]) returns setof bytea
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
begin
  if _runtime_of(p_token) is null then raise exception 'unknown runtime token' using errcode = 'AU005'; end if;
  return query select * from _store_blobs(bodies, media_types);
end
$$;
revoke all on function put_agent_blobs(text, bytea[], text[]) from public;
grant execute on function put_agent_blobs(text, bytea[], text[]) to aura_agent;
