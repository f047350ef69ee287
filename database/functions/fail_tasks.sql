-- awaiting_director -> failed, when the run ends. Refused: not_found, illegal_transition.
create or replace function fail_tasks(ctx jsonb, task_ids uuid[], codes text[]) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  refusals text[];
begin
  perform _enter_leader(ctx);
  perform _in_verb('fail_tasks');
  perform _check_items(task_ids, cardinality(codes));
  perform from task_queue where id = any (task_ids) order by id for no key update;
  select array_agg(case when t.id is null then 'not_found' when t.status <> 'awaiting_director' then 'illegal_transition' end order by i.n)
  into refusals from unnest(task_ids) with ordinality i (id, n) left join task_queue t on t.id = i.id;
  update task_queue t set status = 'failed', status_changed_at = now(), completed_at = clock_timestamp() at time zone 'UTC', return_code = i.reason
  from unnest(task_ids, codes, refusals) i (id, reason, code) where t.id = i.id and i.code is null;
  return query select * from _outcomes('fail_tasks', 'task', task_ids, refusals);
end
$$;
revoke all on function fail_tasks(jsonb, uuid[], text[]) from public;
grant execute on function fail_tasks(jsonb, uuid[], text[]) to aura_manager;
