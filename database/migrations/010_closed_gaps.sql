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
