-- approve, reject, request_changes with the digest that was read; answer for questions. Null, or code and detail.
create or replace function _act_on_approval(p_act_id uuid, p_action text, p_target_id uuid, args jsonb) returns text[] language plpgsql as $$
declare
  a approvals;
  task uuid;
begin
  select * into a from approvals where id = p_target_id for no key update;
  if a.id is null then return array['not_found', 'there is no such approval']; end if;
  if a.status <> 'pending' then return array['approval_used', 'it is ' || a.status]; end if;
  if a.expires_at <= clock_timestamp() then return array['illegal_transition', 'it has expired; a new one is issued']; end if;
  if (p_action = 'answer') <> (a.kind = 'question') then
    return array['illegal_transition', case when a.kind = 'question' then 'a question is answered' else 'only a question is answered' end];
  end if;
  if p_action = 'answer' then
    if coalesce(btrim(args->>'answer'), '') = '' then return array['validation_failed', 'answer is missing']; end if;
    update approvals set status = 'approved', answer = args->>'answer', decided_by = p_act_id, decided_at = now(), used_at = now() where id = a.id;
    update task_queue t set status = 'ready', status_changed_at = now(), waiting_code = null, waiting_detail = null, claim_id = null, return_code = 'answered'
    where t.id = a.subject_id and t.status = 'awaiting_director'
      and not exists (select from approvals o where o.run_id = t.run_id and o.subject_id = t.id and o.kind = 'question' and o.status = 'pending');
    return null;
  end if;
  if lower(args->>'digest') is distinct from encode(a.digest, 'hex') then return array['digest_mismatch', null]; end if;
  update approvals set decided_by = p_act_id, decided_at = now(),
    status = case p_action when 'approve' then 'approved' when 'reject' then 'rejected' else 'changes_requested' end
  where id = a.id;
  return null;
end
$$;
revoke all on function _act_on_approval(uuid, text, uuid, jsonb) from public;
