-- submitted -> rejected, with a rejecting verification of exactly this attempt; charged to the task. Refused: not_found,
-- illegal_transition, verification_missing.
create or replace function reject_tasks(ctx jsonb, task_ids uuid[], verification_ids uuid[]) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  codes text[];
begin
  perform _enter_leader(ctx);
  perform _in_verb('reject_tasks');
  perform _check_items(task_ids, cardinality(verification_ids));
  perform from task_queue where id = any (task_ids) order by id for no key update;
  select array_agg(case
      when t.id is null then 'not_found'
      when t.status <> 'submitted' then 'illegal_transition'
      when not _verification_matches(t, i.verification_id, 'rejected') then 'verification_missing'
    end order by i.n)
  into codes from unnest(task_ids, verification_ids) with ordinality i (id, verification_id, n) left join task_queue t on t.id = i.id;
  update task_attempts p set charged = true from unnest(task_ids, codes) i (id, code), task_queue t
  where t.id = i.id and p.task_id = t.id and p.attempt = t.attempt and i.code is null;
  update task_queue t set status = 'rejected', failures = t.failures + 1, status_changed_at = now()
  from unnest(task_ids, codes) i (id, code) where t.id = i.id and i.code is null;
  return query select * from _outcomes('reject_tasks', 'task', task_ids, codes);
end
$$;
revoke all on function reject_tasks(jsonb, uuid[], uuid[]) from public;
grant execute on function reject_tasks(jsonb, uuid[], uuid[]) to aura_manager;
