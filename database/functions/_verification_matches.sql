-- Whether this verification judged exactly the task's current attempt and claim, with that outcome.
create or replace function _verification_matches(t task_queue, p_verification_id uuid, p_outcome text) returns boolean language sql stable as $$
select exists (select from verifications v join verification_requests q on q.id = v.request_id
                 where v.id = p_verification_id and v.outcome = p_outcome and q.task_id = t.id and q.attempt = t.attempt and q.claim_id = t.claim_id)
$$;
revoke all on function _verification_matches(task_queue, uuid, text) from public;
