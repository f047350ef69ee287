-- ready -> assigned: agent i gets task i with context i (hash of a stored TaskContext). The only writer of assigned_agent
-- beside its withdrawal. Refused: not_found, illegal_transition, system_stopped, run_closed, run_paused, dependencies_open,
-- agent_unavailable (standing), not_capable, agent_busy, agent_unbound (no live runtime), conflict_of_roles (one who coded
-- in this run, or was assigned to, also earlier in this call, writes no tests and reviews nothing of it; one who writes tests
-- does not code, and nobody codes while reviewing).
create or replace function assign_tasks(ctx jsonb, task_ids uuid[], agent_ids uuid[], contexts bytea[]) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  codes text[];
begin
  perform _enter_leader(ctx);
  perform _in_verb('assign_tasks');
  perform _check_items(task_ids, cardinality(agent_ids), cardinality(contexts));
  perform from orchestra_runs where id in (select run_id from task_queue where id = any (task_ids)) order by id for no key update;
  perform from agents where id = any (agent_ids) order by id for no key update;
  perform from task_queue where id = any (task_ids) order by id for no key update;
  select array_agg(case
      when t.id is null or b.sha256 is null or a.id is null then 'not_found'
      when t.status <> 'ready' then 'illegal_transition'
      when _is_stopped() then 'system_stopped'
      when not _is_open_run(r.status) then 'run_closed'
      when r.paused_at is not null then 'run_paused'
      when exists (select from task_dependencies d join task_queue q on q.id = d.depends_on where d.task_id = t.id and q.status <> 'verified') then 'dependencies_open'
      when a.standing not in ('active', 'probation') then 'agent_unavailable'
      when t.kind <> all (a.capabilities) then 'not_capable'
      when h.seen_at is null or h.seen_at < clock_timestamp() - interval '20 seconds' then 'agent_unbound'
      when a.max_concurrent < i.nth + (select count(*) from task_queue q where q.assigned_agent = a.id::text and q.status in ('assigned', 'running')) then 'agent_busy'
      when exists (
        select from (
          select q.kind from task_attempts p join task_queue q on q.id = p.task_id where q.run_id = t.run_id and p.agent_id = a.id
          union all
          select q.kind from task_queue q where q.run_id = t.run_id and q.assigned_agent = a.id::text and q.status in ('assigned', 'running')
          union all
          select q.kind from unnest(task_ids, agent_ids) with ordinality o (id, agent_id, n) join task_queue q on q.id = o.id
          where o.n < i.n and o.agent_id = a.id and q.run_id = t.run_id) held
        where (held.kind, t.kind) in (('implement', 'acceptance_tests'), ('acceptance_tests', 'implement'), ('implement', 'review'))) then 'conflict_of_roles'
      when t.kind = 'implement' and exists (
        select from task_queue q where q.run_id = t.run_id and q.kind = 'review' and q.assigned_agent = a.id::text and q.status in ('assigned', 'running')
        union all
        select from unnest(task_ids, agent_ids) with ordinality o (id, agent_id, n) join task_queue q on q.id = o.id
        where o.n < i.n and o.agent_id = a.id and q.run_id = t.run_id and q.kind = 'review') then 'conflict_of_roles'
    end order by i.n)
  into codes
  from (select u.*, row_number() over (partition by u.agent_id order by u.n) nth from unnest(task_ids, agent_ids, contexts) with ordinality u (id, agent_id, context, n)) i
  left join task_queue t on t.id = i.id
  left join orchestra_runs r on r.id = t.run_id
  left join agents a on a.id = i.agent_id
  left join blobs b on b.sha256 = i.context
  left join agent_bindings g on g.agent_id = a.id
  left join runtime_heartbeats h on h.runtime_id = g.runtime_id;
  update task_queue t set status = 'assigned', assigned_agent = i.agent_id::text, context_sha256 = i.context, assigned_at = now(), status_changed_at = now(),
                          return_code = null, waiting_code = null, waiting_detail = null
  from unnest(task_ids, agent_ids, contexts, codes) i (id, agent_id, context, code) where t.id = i.id and i.code is null;
  return query select * from _outcomes('assign_tasks', 'task', task_ids, codes);
end
$$;
revoke all on function assign_tasks(jsonb, uuid[], uuid[], bytea[]) from public;
grant execute on function assign_tasks(jsonb, uuid[], uuid[], bytea[]) to aura_manager;
