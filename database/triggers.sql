-- Triggers beside the generated ones (install_audit_triggers): what never changes, and which moves are legal.

do $$
declare
  t text;
begin
  -- Never changed, never deleted: the log, and every record of something that happened.
  foreach t in array array[
    'audit_events', 'agent_activity_logs', 'director_actions', 'audit_leaves', 'prds', 'prd_blocks', 'task_dependencies', 'plans', 'suites',
    'verification_requests', 'verifications', 'verdicts', 'test_results', 'evidence', 'revisions', 'policies', 'policy_decisions', 'model_prices',
    'audit_checkpoints', 'audit_cosignatures', 'audit_subtrees', 'run_seals', 'attestation_keys', 'attestations'] loop
    execute format('create or replace trigger refuse_update before update on %I for each statement execute function refuse_change()', t);
  end loop;
  foreach t in array array[
    'audit_events', 'agent_activity_logs', 'audit_leaves', 'audit_payloads', 'audit_log_state', 'blobs', 'prd_blocks', 'test_results', 'evidence',
    'audit_checkpoints', 'audit_cosignatures', 'audit_subtrees', 'run_seals'] loop
    execute format('create or replace trigger refuse_delete before delete on %I for each statement execute function refuse_change()', t);
    execute format('create or replace trigger refuse_truncate before truncate on %I for each statement execute function refuse_change()', t);
  end loop;
  -- Bytes may be erased, what commits to them may not.
  foreach t in array array['audit_payloads', 'blobs'] loop
    execute format('create or replace trigger refuse_unless_erasing before update on %I for each row execute function refuse_unless_erasing()', t);
  end loop;
end $$;

-- A number is given to an event that is there, with its leaf. One look a statement instead of a foreign key: events never
-- change and never go, so nothing has to be locked against.
create or replace trigger refuse_unknown_leaves after insert on audit_leaves referencing new table as new_rows
  for each statement execute function refuse_unknown_leaves();

-- A term ends once; who led it and since when never changes.
create or replace trigger refuse_rewriting before update on manager_terms for each row
  when (old.ended_at is not null or (new.term, new.holder, new.elected_at) is distinct from (old.term, old.holder, old.elected_at))
  execute function refuse_change();

-- A key is retired once; what it is never changes.
create or replace trigger refuse_rewriting before update on audit_keys for each row
  when (old.retired_at is not null or (new.id, new.generation, new.verifier_key, new.reason, new.created_at)
        is distinct from (old.id, old.generation, old.verifier_key, old.reason, old.created_at))
  execute function refuse_change();

-- A segment of the archive only loses payloads; which events it is of never changes.
create or replace trigger refuse_rewriting before update on archive_segments for each row
  when (new.payloads >= old.payloads or (new.id, new.first_event_id, new.last_event_id, new.created_at)
        is distinct from (old.id, old.first_event_id, old.last_event_id, old.created_at))
  execute function refuse_change();

create or replace trigger refuse_log_shrinking before update on audit_log_state for each row execute function refuse_log_shrinking();

create or replace trigger legal_moves_insert after insert on task_queue referencing new table as new_rows
  for each statement execute function refuse_illegal_task_moves();
create or replace trigger legal_moves_update after update on task_queue referencing old table as old_rows new table as new_rows
  for each statement execute function refuse_illegal_task_moves();

create or replace trigger legal_moves_insert before insert on orchestra_runs for each row
  execute function refuse_illegal_moves('run_transitions', 'planning');
create or replace trigger legal_moves_update before update of status on orchestra_runs for each row when (old.status is distinct from new.status)
  execute function refuse_illegal_moves('run_transitions', 'planning');
create or replace trigger legal_moves_insert before insert on approvals for each row
  execute function refuse_illegal_moves('approval_transitions', 'pending');
create or replace trigger legal_moves_update before update of status on approvals for each row when (old.status is distinct from new.status)
  execute function refuse_illegal_moves('approval_transitions', 'pending');

-- Who may execute no verb writes no row, the owner of the tables neither.
do $$
declare
  t record;
begin
  for t in select c.oid::regclass as name from pg_class c
           where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and pg_has_role(c.relowner, 'member') loop
    execute format('create or replace trigger written_by_verbs before insert or update or delete or truncate on %s for each statement
                    when (session_user not in (''aura_manager'', ''aura_agent'', ''aura_auditor'')) execute function refuse_outside_verbs()', t.name);
  end loop;
end $$;

-- The rules themselves change in a release only.
do $$
declare
  t text;
begin
  foreach t in array array['task_transitions', 'run_transitions', 'approval_transitions', 'governed_tables', 'event_type_roles', 'pgmigrations'] loop
    execute format('create or replace trigger refuse_outside_release after insert or update or delete or truncate on %I
                    for each statement execute function guard.refuse_outside_release()', t);
  end loop;
end $$;
