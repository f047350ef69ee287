-- Whether a request is about what the Director's override of a coding task stands for and what has not landed yet: exactly
-- the product of the task's last attempt that has one.
create or replace function _is_override_to_land(q verification_requests) returns boolean language sql stable as $$
select exists (
  select from task_queue t join task_attempts p on p.task_id = t.id and p.attempt = q.attempt and p.claim_id = q.claim_id
  where t.id = q.task_id and t.kind = 'implement' and t.status = 'verified' and t.overridden and p.product_sha256 = q.product_sha256
    and not exists (select from task_attempts n where n.task_id = t.id and n.attempt > p.attempt and n.product_sha256 is not null)
    and not exists (select from revisions s where s.task_id = t.id))
$$;
revoke all on function _is_override_to_land(verification_requests) from public;
