-- Stores the reply of a request, or with status null frees its key, so that it can be tried again.
create or replace function finish_idempotent(p_scope text, p_key text, p_status int, p_reply bytea) returns void
  language sql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
update idempotent_replies set status = p_status, reply = p_reply where scope = p_scope and key = p_key and p_status is not null;
  delete from idempotent_replies where scope = p_scope and key = p_key and p_status is null and status is null;
$$;
revoke all on function finish_idempotent(text, text, int, bytea) from public;
grant execute on function finish_idempotent(text, text, int, bytea) to aura_manager;
