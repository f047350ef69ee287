-- blocked -> ready, once every dependency is verified. Refused: not_found, illegal_transition, dependencies_open.
create or replace function release_tasks(ctx jsonb, task_ids uuid[]) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC'
  set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set jit = off as $$
declare
  codes text[];
begin
  perform _enter_leader(ctx);
  perform _in_verb('release_tasks');
  perform _check_items(task_ids);
  perform from task_queue where id = any (task_ids) order by id for no key update;
  select array_agg(case
      when t.id is null then 'not_found'
      when t.status <> 'blocked' then 'illegal_transition'
      when exists (select from task_dependencies d join task_queue q on q.id = d.depends_on where d.task_id = t.id and q.status <> 'verified') then 'dependencies_open'
    end order by i.n)
  into codes from unnest(task_ids) with ordinality i (id, n) left join task_queue t on t.id = i.id;
  update task_queue t set status = 'ready', status_changed_at = now()
  from unnest(task_ids, codes) i (id, code) where t.id = i.id and i.code is null;
  return query select * from _outcomes('release_tasks', 'task', task_ids, codes);
end
$$;
revoke all on function release_tasks(jsonb, uuid[]) from public;
grant execute on function release_tasks(jsonb, uuid[]) to aura_manager;
