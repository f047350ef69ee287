-- `enforced` while the event triggers of bootstrap/ddl_guard.sql are on and belong to a superuser, else `detect_only`:
-- then changes of the schema are found (guard.violations) but not refused.
create or replace function ddl_guard_status() returns text
  language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select case when count(*) = 2 then 'enforced' else 'detect_only' end
  from pg_event_trigger e join pg_roles r on r.oid = e.evtowner
  where e.evtname in ('aura_ddl_guard', 'aura_drop_guard') and e.evtenabled in ('O', 'A') and r.rolsuper
$$;
revoke all on function ddl_guard_status() from public;
grant execute on function ddl_guard_status() to aura_manager, aura_auditor;
