-- Trigger, fired for sessions of no service login: rows are written by the verbs. A superuser cannot be kept from writing
-- and is put on record; whoever owns the schema, or may become its owner, writes while a release is open and never else.
create or replace function refuse_outside_verbs() returns trigger language plpgsql
  set search_path = pg_catalog, public, pg_temp as $$
begin
  if not exists (select from pg_roles where rolname in (session_user, current_user) and rolsuper) and not guard.release_is_open() then
    raise exception '% of % is refused: rows are written by verbs', lower(tg_op), tg_table_name using errcode = 'AU004';
  end if;
  return null;
end $$;
revoke all on function refuse_outside_verbs() from public;
