-- Moves that verbs make and that were not named by verb yet, the end of approvals that were never used, and two more
-- tables whose rows the log carries.

insert into task_transitions (from_status, to_status, verb) values
  ('running', 'ready', 'reassign_task'),
  ('awaiting_director', 'ready', 'set_budget');

insert into approval_transitions values ('approved', 'expired');

insert into governed_tables
  (table_name, subject_type, key_columns, run_expression, task_expression, status_column, born_with_status, audited_columns, silent_columns)
values
  ('test_results', 'test_result', '{verification_id,test_id}', '(select v.run_id from verifications v where v.id = r.verification_id)',
   '(select v.task_id from verifications v where v.id = r.verification_id)', 'outcome', true,
   '{requirement_keys,outcome,reached_product,assertions,guard,duration_ms}', '{}'),
  ('evidence', 'evidence', '{id}', '(select v.run_id from verifications v where v.id = r.verification_id)',
   '(select v.task_id from verifications v where v.id = r.verification_id)', null, false,
   '{verification_id,kind,command,exit_code,reason,output_sha256,tree_sha256,duration_ms}', '{}');

-- Rows that are there already get their events now: the log must lead to every row of a governed table.
do $$
declare
  g governed_tables;
begin
  if to_regprocedure('_record_event(text, text, text, text, text, uuid, uuid, text, bytea)') is null then return; end if;
  perform _act_as('migration', '010_closed_gaps', null, null);
  for g in select * from governed_tables where table_name in ('test_results', 'evidence') loop
    execute format('select _record_event(%L, %L, %L, %L, %s, %s, %s, substr(concat(%s), 2)) from %I r',
      g.subject_type || '.recorded', 'info', g.subject_type || ' recorded', g.subject_type,
      (select string_agg(_audit_text(g.table_name, k, 'r'), ' || '':'' || ' order by n) from unnest(g.key_columns) with ordinality u (k, n)),
      g.run_expression, g.task_expression, _audit_pairs(g.table_name, g.audited_columns, false), g.table_name);
  end loop;
end $$;
