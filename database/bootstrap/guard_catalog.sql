-- The schema as the catalog has it, in the terms of guard.schema_manifest. The Auditor asks the catalog with the query of this view
-- itself, read from this file, because whoever owns the database can replace the view.
create or replace view guard.catalog as
with tables as (
  select c.*, n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname in ('public', 'dash', 'guard') and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f', 'c'))
select 'schema' as kind, n.nspname::text as identity, null::text as shape, concat_ws(' ', pg_get_userbyid(n.nspowner), n.nspacl::text) as definition
from pg_namespace n where n.nspname in ('public', 'dash', 'guard')
union all
select 'table', t.name, t.relkind::text,
       concat_ws(' ', t.relkind, t.relpersistence, pg_get_userbyid(t.relowner), t.relrowsecurity, t.relforcerowsecurity, t.relacl::text,
                 exists (select from pg_inherits i where i.inhparent = t.oid), case when t.relkind in ('v', 'm') then pg_get_viewdef(t.oid) end)
from tables t
union all
select 'column', t.name || '.' || a.attname, format_type(a.atttypid, a.atttypmod),
       concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, a.attcollation::regcollation, a.attacl::text,
                 pg_get_expr(d.adbin, d.adrelid))
from tables t join pg_attribute a on a.attrelid = t.oid left join pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
where a.attnum > 0 and not a.attisdropped and t.relkind <> 'S'
union all
select 'constraint', t.name || '.' || c.conname, null, pg_get_constraintdef(c.oid) || ' ' || c.convalidated from tables t join pg_constraint c on c.conrelid = t.oid
union all
select 'index', t.name || '.' || x.relname, null, pg_get_indexdef(i.indexrelid) || ' ' || i.indisvalid
from tables t join pg_index i on i.indrelid = t.oid join pg_class x on x.oid = i.indexrelid
union all
select 'triggers', t.name, null,
       coalesce((select string_agg(pg_get_triggerdef(g.oid) || ' ' || g.tgenabled::text, e'\n' order by g.tgname) from pg_trigger g where g.tgrelid = t.oid and not g.tgisinternal), '')
       || (select count(*) from pg_trigger g where g.tgrelid = t.oid and g.tgisinternal and g.tgenabled <> 'O')
from tables t where t.relkind in ('r', 'p', 'v', 'f')
union all
select 'rules', t.name, null,
       coalesce((select string_agg(pg_get_ruledef(r.oid) || ' ' || r.ev_enabled::text, e'\n' order by r.rulename) from pg_rewrite r where r.ev_class = t.oid and r.rulename <> '_RETURN'), '')
       || (select count(*) from pg_policy p where p.polrelid = t.oid)
from tables t where t.relkind in ('r', 'p', 'v', 'f')
union all
select 'function', n.nspname || '.' || p.proname, null,
       string_agg(concat_ws(' ', pg_get_functiondef(p.oid), pg_get_userbyid(p.proowner), p.proacl::text), e'\n' order by pg_get_function_identity_arguments(p.oid))
from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname in ('public', 'dash', 'guard') and p.prokind in ('f', 'p')
group by n.nspname, p.proname
union all
select 'event_trigger', e.evtname::text, null, concat_ws(' ', e.evtevent, e.evtfoid::regproc, e.evtenabled, pg_get_userbyid(e.evtowner), e.evttags::text)
from pg_event_trigger e
union all
select 'role', r.rolname::text, null,
       concat_ws(' ', r.rolsuper, r.rolcreaterole, r.rolcreatedb, r.rolreplication, r.rolbypassrls, r.rolcanlogin, r.rolinherit,
                 (select string_agg(m.member::regrole::text, ',' order by m.member::regrole::text) from pg_auth_members m where m.roleid = r.oid))
from pg_roles r where r.rolname in ('aura_owner', 'aura_migrator', 'aura_manager', 'aura_agent', 'aura_auditor', 'aura_observer');
