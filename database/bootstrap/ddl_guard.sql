-- By the administrator, idempotent: what the schema must look like, and event triggers that refuse everything else. The
-- migrate login owns none of this and cannot switch it off; there is no setting that does. Only while a release is open,
-- which the administrator opens around a migrate run, may functions, triggers and grants change, and even then no table
-- or column is dropped, renamed or retyped.
-- Where the catalog differs from the manifest; with p_shapes_only just what no release may change. What is new is no difference,
-- but a trigger, rule or policy on a table of the manifest, or a second function of one name, is.
create or replace function guard.violations(p_shapes_only boolean default false) returns setof text
  language sql stable security definer set search_path = pg_catalog, guard, pg_temp as $$
  select m.kind || ' ' || m.identity
  from guard.schema_manifest m left join guard.catalog c on c.kind = m.kind and c.identity = m.identity
  where case when p_shapes_only then m.shape is not null and c.shape is distinct from m.shape
             else m.shape is distinct from c.shape or m.definition_sha256 is distinct from encode(sha256(convert_to(c.definition, 'UTF8')), 'hex') end
  order by 1
$$;
revoke all on function guard.violations(boolean) from public;
grant execute on function guard.violations(boolean) to aura_manager, aura_auditor;

-- A release is open as long as the session that opened it lives and has not closed it: a crash leaves no door open.
create or replace function guard.release_is_open() returns boolean
  language sql stable security definer set search_path = pg_catalog, guard, pg_temp as $$
  select exists (select from guard.schema_releases r join pg_stat_activity a on a.pid = r.backend_pid and a.backend_start = r.backend_start
                 where r.closed_at is null)
$$;
revoke all on function guard.release_is_open() from public;
grant execute on function guard.release_is_open() to aura_owner, aura_manager, aura_auditor;

create or replace function guard.open_release() returns void language sql set search_path = pg_catalog, guard, pg_temp as $$
  insert into guard.schema_releases (backend_start)
  select a.backend_start from pg_stat_activity a where a.pid = pg_backend_pid() and not guard.release_is_open()
$$;
revoke all on function guard.open_release() from public;

-- Takes the catalog as the manifest from now on; returns its hash.
create or replace function guard.adopt_catalog() returns text language plpgsql set search_path = pg_catalog, guard, pg_temp as $$
begin
  if exists (select from guard.violations(true)) then
    raise exception 'never dropped, renamed or retyped: %', (select string_agg(v, ', ') from guard.violations(true) v) using errcode = 'AU004';
  end if;
  delete from guard.schema_manifest;
  insert into guard.schema_manifest (kind, identity, shape, definition_sha256)
  select kind, identity, shape, encode(sha256(convert_to(definition, 'UTF8')), 'hex') from guard.catalog;
  return (select encode(sha256(convert_to(string_agg(concat_ws(' ', kind, identity, shape, definition_sha256), e'\n' order by kind, identity), 'UTF8')), 'hex')
          from guard.schema_manifest);
end $$;
revoke all on function guard.adopt_catalog() from public;

-- Ends the release of this session and puts it on record.
create or replace function guard.close_release(p_sources_sha256 text) returns void language plpgsql set search_path = pg_catalog, public, guard, pg_temp as $$
declare
  total text := guard.adopt_catalog();
begin
  perform public._act_as('migration', session_user, null, null);
  perform public._record_event('schema.released', 'info', 'schema released', 'schema', 'public', null, null,
    '"manifest_sha256":' || to_json(total) || ',"sources_sha256":' || to_json(p_sources_sha256));
  update guard.schema_releases set closed_at = clock_timestamp(), sources_sha256 = p_sources_sha256, manifest_sha256 = total
  where closed_at is null and backend_pid = pg_backend_pid();
end $$;
revoke all on function guard.close_release(text) from public;

-- Whether a command inside a release left its object as it was: such a one is no event.
create or replace function guard.is_unchanged(p_object_type text, p_identity text) returns boolean
  language plpgsql stable set search_path = pg_catalog, guard, pg_temp as $$
declare
  v_kind constant text := case p_object_type when 'function' then 'function' when 'trigger' then 'triggers' when 'view' then 'table' end;
  v_identity constant text := case p_object_type when 'function' then split_part(p_identity, '(', 1) when 'trigger' then split_part(p_identity, ' on ', 2) else p_identity end;
  was text := (select m.definition_sha256 from guard.schema_manifest m where m.kind = v_kind and m.identity = v_identity);
begin
  return coalesce(was = (select encode(sha256(convert_to(c.definition, 'UTF8')), 'hex') from guard.catalog c
                         where c.kind = v_kind and c.identity = v_identity), false);
end $$;
revoke all on function guard.is_unchanged(text, text) from public;

-- Every DDL statement that stands is an event, as soon as there is a log.
create or replace function guard.record_ddl(p_tag text, p_identity text) returns void language plpgsql set search_path = pg_catalog, public, guard, pg_temp as $$
begin
  if not exists (select from guard.schema_manifest) then return; end if;
  if guard.release_is_open() then perform public._act_as('migration', session_user, null, null); end if;
  perform public._record_event('ddl.' || lower(replace(p_tag, ' ', '_')), 'warning', 'ddl ' || lower(p_tag), 'schema', left(p_identity, 200), null, null);
end $$;
revoke all on function guard.record_ddl(text, text) from public;

-- Code that a table of the manifest got since, and that would run inside the verbs: defaults, generated columns, checks,
-- expressions of indexes.
create or replace function guard.code_in_tables() returns setof text
  language sql stable security definer set search_path = pg_catalog, guard, pg_temp as $$
  with kept as (
    select to_regclass(m.identity) as oid, m.identity from guard.schema_manifest m where m.kind = 'table')
  select 'column ' || k.identity || '.' || a.attname
  from kept k join pg_attrdef d on d.adrelid = k.oid join pg_attribute a on a.attrelid = k.oid and a.attnum = d.adnum
  where not exists (select from guard.schema_manifest m where m.kind = 'column' and m.identity = k.identity || '.' || a.attname)
  union all
  select 'constraint ' || k.identity || '.' || c.conname from kept k join pg_constraint c on c.conrelid = k.oid and c.contype in ('c', 'x')
  where not exists (select from guard.schema_manifest m where m.kind = 'constraint' and m.identity = k.identity || '.' || c.conname)
  union all
  select 'index ' || k.identity || '.' || x.relname
  from kept k join pg_index i on i.indrelid = k.oid and (i.indexprs is not null or i.indpred is not null) join pg_class x on x.oid = i.indexrelid
  where not exists (select from guard.schema_manifest m where m.kind = 'index' and m.identity = k.identity || '.' || x.relname)
$$;
revoke all on function guard.code_in_tables() from public;

-- Raises AU004 where this command broke the manifest: in a release only what is immutable counts.
create or replace function guard.refuse_changes(p_tag text, p_released boolean) returns void
  language plpgsql set search_path = pg_catalog, guard, pg_temp as $$
declare
  broken text;
begin
  if not exists (select from guard.schema_manifest) or (p_released and p_tag in ('CREATE FUNCTION', 'CREATE TRIGGER', 'CREATE VIEW', 'GRANT', 'REVOKE')) then
    return;
  end if;
  if not p_released and p_tag in ('GRANT', 'REVOKE', 'ALTER DEFAULT PRIVILEGES', 'CREATE RULE', 'DROP RULE', 'CREATE POLICY', 'ALTER POLICY', 'DROP POLICY') then
    raise exception '% is refused outside a release', lower(p_tag) using errcode = 'AU004';
  end if;
  broken := (select string_agg(v, ', ') from (
    select * from guard.violations(p_released) union all select * from guard.code_in_tables() where not p_released limit 5) x (v));
  if broken is not null then
    raise exception '% is refused: it would change %', lower(p_tag), broken using errcode = 'AU004';
  end if;
end $$;
revoke all on function guard.refuse_changes(text, boolean) from public;

create or replace function guard.check_ddl() returns event_trigger
  language plpgsql security definer set search_path = pg_catalog, guard, pg_temp as $$
declare
  released constant boolean := guard.release_is_open();
  command record;
begin
  perform guard.refuse_changes(tg_tag, released);
  for command in select * from pg_event_trigger_ddl_commands() loop
    continue when command.schema_name like 'pg_temp%' or (released and tg_tag in ('GRANT', 'REVOKE', 'ALTER DEFAULT PRIVILEGES'));
    continue when released and guard.is_unchanged(command.object_type, command.object_identity);
    perform guard.record_ddl(command.command_tag, coalesce(command.object_identity, command.object_type));
  end loop;
end $$;
revoke all on function guard.check_ddl() from public;

create or replace function guard.check_drop() returns event_trigger
  language plpgsql security definer set search_path = pg_catalog, guard, pg_temp as $$
declare
  object record;
begin
  perform guard.refuse_changes(tg_tag, guard.release_is_open());
  for object in select * from pg_event_trigger_dropped_objects() loop
    continue when object.is_temporary or not object.original;
    perform guard.record_ddl(tg_tag, object.object_identity);
  end loop;
end $$;
revoke all on function guard.check_drop() from public;

-- Trigger of the tables that rules are read from (moves, governed tables): they change in a release only.
create or replace function guard.refuse_outside_release() returns trigger
  language plpgsql security definer set search_path = pg_catalog, guard, pg_temp as $$
begin
  if not guard.release_is_open() then
    raise exception '% of % is refused outside a release', lower(tg_op), tg_table_name using errcode = 'AU004';
  end if;
  return null;
end $$;
revoke all on function guard.refuse_outside_release() from public;
grant execute on function guard.refuse_outside_release() to aura_owner;

-- Only a superuser may make event triggers. Where there is none (some managed services), ddl_guard_status() says detect_only.
do $$
begin
  if not exists (select from pg_event_trigger where evtname = 'aura_ddl_guard') then
    create event trigger aura_ddl_guard on ddl_command_end execute function guard.check_ddl();
  end if;
  if not exists (select from pg_event_trigger where evtname = 'aura_drop_guard') then
    create event trigger aura_drop_guard on sql_drop execute function guard.check_drop();
  end if;
exception when insufficient_privilege then null;
end $$;
