-- Sets a run's final state, voids its open approvals and charges its open model calls in full, so that nothing is charged
-- after the end; a reply that still comes settles at what it cost.
create or replace function _end_run(p_run_id uuid, p_status text, p_stop_reason text, p_revision_id uuid) returns void language plpgsql as $$
begin
  update approvals set status = 'voided', decided_at = now() where run_id = p_run_id and status = 'pending';
  update model_calls set status = 'charged_in_full', usd = reserved_usd, settled_at = now() where run_id = p_run_id and status = 'reserved';
  update orchestra_runs set status = p_status, stop_reason = p_stop_reason, status_changed_at = now(), finished_at = clock_timestamp() at time zone 'UTC',
         delivered_revision_id = case when p_status = 'completed' then p_revision_id end, waiting_code = null, waiting_detail = null, waiting_since = null
  where id = p_run_id;
end
$$;
revoke all on function _end_run(uuid, text, text, uuid) from public;
