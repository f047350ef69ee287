-- The one list of governed tables: triggers, DDL guard, replay check and tests read it.

create table governed_tables (
  table_name      text primary key,
  subject_type    text not null unique,      -- first word of its event types
  key_columns     text[] not null,
  run_expression  text,                      -- gives run_id from the row `r`; null where there is none
  task_expression text,
  status_column   text,                      -- its new value is the second word of the event type
  born_with_status boolean not null default false,  -- also on insert, instead of `created`
  audited_columns text[] not null,           -- what the envelope carries; never free text
  silent_columns  text[] not null default '{}'      -- a change of these alone writes no event
);

insert into governed_tables
  (table_name, subject_type, key_columns, run_expression, task_expression, status_column, born_with_status, audited_columns, silent_columns)
values
  ('projects', 'project', '{id}', null, null, null, false, '{}', '{}'),
  ('prds', 'prd', '{id}', null, null, null, false, '{body_sha256,attachments_sha256,blocks_sha256}', '{}'),
  ('orchestra_runs', 'run', '{id}', 'r.id', null, 'status', false,
   '{project_id,manager_id,status,confidence_score,finished_at,prd_id,oversight,provider,model,toolchain,base_run_id,priority,usd_limit,tokens_limit,paused_at,stop_reason,waiting_code,plan_id,suite_id,head_revision_id,delivered_revision_id,delivery_partial,strict_policy,created_by}', '{}'),
  ('task_queue', 'task', '{id}', 'r.run_id', 'r.id', 'status', false,
   '{run_id,assigned_agent,status,priority,completed_at,kind,key,spec_sha256,attempt,failures,deaths,claim_id,context_sha256,usd_limit,tokens_limit,repairs_task_id,disputes_test_ids,best_request_id,overridden,preferred_agent_id,return_code,waiting_code}', '{}'),
  ('task_dependencies', 'dependency', '{task_id,depends_on}', '(select t.run_id from task_queue t where t.id = r.task_id)', 'r.task_id', null, false, '{}', '{}'),
  ('task_requirements', 'task_requirement', '{task_id,requirement_id}', '(select t.run_id from task_queue t where t.id = r.task_id)', 'r.task_id', null, false, '{closes}', '{}'),
  ('task_attempts', 'attempt', '{task_id,attempt}', '(select t.run_id from task_queue t where t.id = r.task_id)', 'r.task_id', 'outcome', false,
   '{claim_id,agent_id,runtime_id,context_sha256,ended_at,outcome,outcome_code,product_sha256,transcript_sha256,self_confidence,charged}', '{}'),
  ('requirements', 'requirement', '{id}', 'r.run_id', null, null, false,
   '{run_id,key,kind,priority,verification_method,content_sha256,set_aside_by,overridden_by,override_verdict,inspected_by,inspection_verdict}', '{}'),
  ('block_dispositions', 'block', '{run_id,block_id}', 'r.run_id', null, null, false, '{disposition,set_aside_by}', '{}'),
  ('plans', 'plan', '{id}', 'r.run_id', null, null, false, '{run_id,revision,content_sha256,digest,verification_id}', '{}'),
  ('suites', 'suite', '{id}', 'r.run_id', null, null, false,
   '{run_id,version,content_sha256,verification_id,author_agent_id,replaces_test_ids}', '{}'),
  ('test_disputes', 'dispute', '{id}', 'r.run_id', 'r.task_id', 'ruling', false, '{run_id,task_id,attempt,test_id,dispute_task_id,ruling}', '{}'),
  ('verification_requests', 'verification_request', '{id}', 'r.run_id', 'r.task_id', null, false,
   '{run_id,kind,task_id,attempt,claim_id,product_sha256,base_revision_id,tree_sha256,plan_id,suite_id,retry}', '{}'),
  ('verifications', 'verification', '{id}', 'r.run_id', 'r.task_id', 'outcome', true,
   '{request_id,run_id,task_id,attempt,outcome,report_sha256,tree_sha256,sandbox_level,environment_sha256,auditor}', '{}'),
  ('verdicts', 'verdict', '{verification_id,requirement_id}', '(select v.run_id from verifications v where v.id = r.verification_id)',
   '(select v.task_id from verifications v where v.id = r.verification_id)', 'verdict', true, '{verdict,tests_passed,tests_total}', '{}'),
  ('revisions', 'revision', '{id}', 'r.run_id', 'r.task_id', null, false,
   '{run_id,number,parent_id,tree_sha256,task_id,agent_id,verification_id}', '{}'),
  ('sandbox_jobs', 'sandbox_job', '{id}', 'r.run_id', 'r.task_id', 'status', false,
   '{run_id,task_id,claim_id,number,tree_sha256,toolchain,command,status,result_sha256}', '{lease_holder,lease_expires_at,finished_at}'),
  ('approvals', 'approval', '{id}', 'r.run_id', null, 'status', false,
   '{run_id,kind,status,digest,subject_id,content_sha256,expires_at,decided_by,decided_at,used_at}', '{}'),
  ('director_actions', 'director_action', '{id}', null, null, 'action', true,
   '{director_id,action,target_id,key_id,outcome,code,args_sha256}', '{}'),
  ('policies', 'policy', '{key,version}', null, null, null, false, '{value}', '{}'),
  ('policy_decisions', 'policy_decision', '{id}', 'r.run_id', 'r.task_id', 'decision', true,
   '{run_id,task_id,policy_key,policy_version,decision}', '{}'),
  ('model_prices', 'model_price', '{provider,model,valid_from}', null, null, null, false, '{input_usd,output_usd}', '{}'),
  ('model_calls', 'model_call', '{id}', 'r.run_id', 'r.task_id', 'status', true,
   '{run_id,task_id,attempt,claim_id,provider,model,status,reserved_tokens,reserved_usd,input_tokens,output_tokens,usd,outcome,request_sha256,reply_sha256}', '{}'),
  ('system_state', 'system', '{one}', null, null, null, false, '{stopped_at,stopped_by}', '{}'),
  ('agents', 'agent', '{id}', null, null, 'standing', false, '{slug,capabilities,provider,model,mode,standing,max_concurrent}', '{}'),
  ('agent_runtimes', 'runtime', '{id}', null, null, null, false, '{name,capacity,providers}', '{}'),
  ('agent_bindings', 'binding', '{agent_id}', null, null, null, false, '{runtime_id}', '{}'),
  ('api_keys', 'api_key', '{id}', null, null, null, false, '{name,role,expires_at,revoked_at}', '{}');
