-- What services look for again and again is found by an index of its own: tasks on which work goes on, with who holds them,
-- and who has coded or written tests in a run. An entry is made a move of an open task, and none once it is final.
create index task_queue_open on task_queue (status, assigned_agent)
  where status in ('blocked', 'ready', 'assigned', 'running', 'submitted', 'rejected', 'awaiting_director');
drop index task_queue_held;
create index task_queue_roles on task_queue (run_id) where kind in ('implement', 'acceptance_tests');
create index task_queue_overridden on task_queue (run_id) where overridden;

-- Trigger refuse_unknown_leaves holds more, for a whole statement at once: the event is there and the leaf is its own.
alter table audit_leaves drop constraint audit_leaves_event_id_fkey;

-- Verdicts are recorded in arrays (record_verifications).
drop function if exists record_verification(jsonb, text, uuid, bigint, jsonb);
