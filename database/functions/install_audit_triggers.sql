-- Writes, for each row of governed_tables, the static trigger function audit_<table>() and its triggers. Run by migrate,
-- by nobody else. Why generated and static: one SQL statement a change, no dynamic SQL while the system runs.
create or replace function install_audit_triggers() returns void language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
  g governed_tables;
  columns constant text := '(id, source, severity, description, created_at, event_type, run_id, task_id, subject_type, subject_id, actor_kind, actor_id, tx, env)';
  written constant text := $q$
      x.event_id::uuid, f.source, f.severity, replace(x.event_type, '.', ' '), f.at, x.event_type, x.run_id, x.task_id, %1$L, x.subject_id,
      f.actor_kind, f.actor_id, f.tx,
      _event_bytes(f, x.event_id, x.event_type, x.from_status, x.to_status, x.run_id, x.task_id, %1$L, x.subject_id, f.severity,
                   replace(x.event_type, '.', ' '), substr(x.changes, 2), '')$q$;
  subject text;
  joined text;
  heard text;
  status text;
begin
  for g in select * from governed_tables order by table_name loop
    subject := (select string_agg(_audit_text(g.table_name, k, 'r'), ' || '':'' || ' order by n) from unnest(g.key_columns) with ordinality u (k, n));
    joined := (select string_agg(format('o.%1$I = r.%1$I', k), ' and ') from unnest(g.key_columns) k);
    heard := (select string_agg(format('r.%1$I is distinct from o.%1$I', attname), ' or ')
              from pg_attribute where attrelid = g.table_name::regclass and attnum > 0 and not attisdropped
                and attname <> all (g.silent_columns));
    status := coalesce('r.' || quote_ident(g.status_column), '''''');
    execute format($t$
create or replace function public.%1$I() returns trigger language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' set enable_nestloop = off set enable_hashjoin = on set enable_seqscan = on set jit = off as $f$
declare
  f event_frame;
  written bigint;
begin
  if tg_op = 'INSERT' then
    if not exists (select from new_rows) then return null; end if;  -- verbs write what there is, often nothing
    f := _event_frame();
    insert into audit_events %2$s select %3$s
    from (select _next_event_id(f.id_head) event_id, %4$s event_type, '' from_status, coalesce(%5$s, '') to_status,
                 %6$s run_id, %7$s task_id, %8$s subject_id, concat(%9$s) changes
          from new_rows r offset 0) x;
  elsif tg_op = 'UPDATE' then
    if not exists (select from new_rows) then return null; end if;
    f := _event_frame();
    insert into audit_events %2$s select %3$s
    from (select _next_event_id(f.id_head) event_id, %10$s event_type, coalesce(%11$s, '') from_status, coalesce(%5$s, '') to_status,
                 %6$s run_id, %7$s task_id, %8$s subject_id, concat(%12$s) changes
          from new_rows r join old_rows o on %13$s where %14$s offset 0) x;
    %16$s;
    if written <> (select count(*) from new_rows) then
      raise exception 'the key of a governed row never changes' using errcode = 'AU002';
    end if;
  else
    f := _event_frame();
    insert into audit_events %2$s select %3$s
    from (select _next_event_id(f.id_head) event_id, %15$L event_type, coalesce(%5$s, '') from_status, '' to_status,
                 %6$s run_id, %7$s task_id, %8$s subject_id, '' changes
          from old_rows r offset 0) x;
  end if;
  return null;
end $f$;$t$,
      'audit_' || g.table_name, columns, format(written, g.subject_type),
      case when g.born_with_status then format('%L || coalesce(%s, ''created'')', g.subject_type || '.', status) else quote_literal(g.subject_type || '.created') end,
      status, coalesce(g.run_expression, 'null::uuid'), coalesce(g.task_expression, 'null::uuid'), subject,
      _audit_pairs(g.table_name, g.audited_columns, false),
      case when g.status_column is null then quote_literal(g.subject_type || '.changed')
           else format('%L || case when %2$s is distinct from o.%3$I then coalesce(%2$s, ''changed'') else ''changed'' end',
                       g.subject_type || '.', status, g.status_column) end,
      coalesce('o.' || quote_ident(g.status_column), ''''''),
      _audit_pairs(g.table_name, g.audited_columns, true), joined,
      case when g.silent_columns = '{}' then 'true' else heard end,
      g.subject_type || '.deleted',
      case when g.silent_columns = '{}' then 'get diagnostics written = row_count'
           else format('select count(*) into written from new_rows r join old_rows o on %s', joined) end);
    execute format('revoke all on function public.%I() from public', 'audit_' || g.table_name);
    execute format($t$
create or replace trigger audit_insert after insert on %1$I referencing new table as new_rows for each statement execute function %2$I();
create or replace trigger audit_update after update on %1$I referencing old table as old_rows new table as new_rows for each statement execute function %2$I();
create or replace trigger audit_delete after delete on %1$I referencing old table as old_rows for each statement execute function %2$I();
create or replace trigger refuse_delete before delete on %1$I for each statement execute function refuse_change();
create or replace trigger refuse_truncate before truncate on %1$I for each statement execute function refuse_change();$t$,
      g.table_name, 'audit_' || g.table_name);
  end loop;
end $$;
revoke all on function install_audit_triggers() from public;
