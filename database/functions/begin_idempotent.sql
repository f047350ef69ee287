-- First use of an Idempotency-Key in this scope: state `new`, and the caller does the work. Again: `replay` with the stored
-- reply, `running` while there is none, `conflict` when the body was another. A request that never ended is free again after 2 minutes.
create or replace function begin_idempotent(
  p_scope text, p_key text, p_body_sha256 bytea
) returns table (state text, status int, reply bytea)
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
#variable_conflict use_column
declare
  r idempotent_replies;
begin
  insert into idempotent_replies (scope, key, body_sha256) values (p_scope, p_key, p_body_sha256)
  on conflict (scope, key) do update set created_at = clock_timestamp()
    where idempotent_replies.status is null and idempotent_replies.body_sha256 = excluded.body_sha256
      and idempotent_replies.created_at < clock_timestamp() - interval '2 minutes';
  if found then return query select 'new', null::int, null::bytea; return; end if;
  select * into r from idempotent_replies i where i.scope = p_scope and i.key = p_key;
  return query select case when r.body_sha256 <> p_body_sha256 then 'conflict' when r.status is null then 'running' else 'replay' end, r.status, r.reply;
end
$$;
revoke all on function begin_idempotent(text, text, bytea) from public;
grant execute on function begin_idempotent(text, text, bytea) to aura_manager;
