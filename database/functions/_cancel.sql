-- Cancels tasks; code of refusal for each, null where it is cancelled.
create or replace function _cancel(task_ids uuid[], p_reasons text[]) returns text[] language plpgsql as $$
declare
  codes text[];
begin
  perform _in_verb('cancel_tasks');
  perform from task_queue where id = any (task_ids) order by id for no key update;
  select array_agg(case when t.id is null then 'not_found' when t.status in ('verified', 'cancelled') then 'illegal_transition' end order by i.n)
  into codes from unnest(task_ids) with ordinality i (id, n) left join task_queue t on t.id = i.id;
  perform _end_claims(array_agg(i.id), array_agg('taken_back'::text), array_agg(i.reason))
  from unnest(task_ids, p_reasons, codes) i (id, reason, code) join task_queue t on t.id = i.id where i.code is null and t.status = 'running';
  update task_queue t set status = 'cancelled', claim_id = null, status_changed_at = now(), completed_at = clock_timestamp() at time zone 'UTC',
         return_code = i.reason, waiting_code = null, waiting_detail = null
  from unnest(task_ids, p_reasons, codes) i (id, reason, code) where t.id = i.id and i.code is null;
  return codes;
end
$$;
revoke all on function _cancel(uuid[], text[]) from public;
