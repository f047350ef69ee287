-- Closes the open attempts of these tasks (those the agent has not ended itself) and drops their leases.
create or replace function _end_claims(task_ids uuid[], p_outcomes text[], p_codes text[]) returns void language plpgsql as $$
begin
  update task_attempts p set outcome = i.outcome, outcome_code = i.code, ended_at = clock_timestamp()
  from unnest(task_ids, p_outcomes, p_codes) i (id, outcome, code), task_queue t
  where t.id = i.id and p.task_id = t.id and p.attempt = t.attempt and p.outcome is null;
  delete from task_leases l where l.task_id = any (task_ids);
end
$$;
revoke all on function _end_claims(uuid[], text[], text[]) from public;
