-- The request of this run and kind that this verification accepted, or rejected where the Director overrode the verdict on
-- its task; null when there is none.
create or replace function _accepted_request(p_run_id uuid, p_verification_id uuid, p_kind text) returns verification_requests language sql stable as $$
select q from verification_requests q join verifications v on v.request_id = q.id
  where v.id = p_verification_id and q.run_id = p_run_id and q.kind = p_kind
    and (v.outcome = 'accepted'
      or (v.outcome = 'rejected' and exists (select from task_queue t where t.id = q.task_id and t.overridden and t.status = 'verified')))
$$;
revoke all on function _accepted_request(uuid, uuid, text) from public;
