-- Takes assignments back; code of refusal for each task, null where it is ready again.
create or replace function _withdraw(task_ids uuid[], p_reasons text[]) returns text[] language plpgsql as $$
declare
  codes text[];
begin
  perform _in_verb('withdraw_tasks');
  perform from task_queue where id = any (task_ids) order by id for no key update;
  select array_agg(case when t.id is null then 'not_found' when t.status <> 'assigned' then 'illegal_transition' end order by i.n)
  into codes from unnest(task_ids) with ordinality i (id, n) left join task_queue t on t.id = i.id;
  update task_queue t set status = 'ready', assigned_agent = null, context_sha256 = null, assigned_at = null, status_changed_at = now(), return_code = i.reason
  from unnest(task_ids, p_reasons, codes) i (id, reason, code) where t.id = i.id and i.code is null;
  return codes;
end
$$;
revoke all on function _withdraw(uuid[], text[]) from public;
