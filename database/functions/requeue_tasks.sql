-- running, submitted or rejected -> ready. From running only when the agent ended the attempt, the lease ran out (counts as
-- a death) or the agent was suspended or retired (taken back). charged adds to failures. Refused: not_found,
-- illegal_transition, lease_alive.
create or replace function requeue_tasks(ctx jsonb, task_ids uuid[], codes text[], charged boolean[]) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  refusals text[];
  endings text[];
begin
  perform _enter_leader(ctx);
  perform _in_verb('requeue_tasks');
  perform _check_items(task_ids, cardinality(codes), cardinality(charged));
  perform from task_queue where id = any (task_ids) order by id for no key update;
  select array_agg(case
      when t.id is null then 'not_found'
      when t.status not in ('running', 'submitted', 'rejected') then 'illegal_transition'
      when t.status = 'running' and p.outcome is null and a.standing in ('active', 'probation') and not _lease_ran_out(t) then 'lease_alive'
    end order by i.n),
    array_agg(case when t.status = 'running' and p.outcome is null then case when _lease_ran_out(t) then 'expired' else 'taken_back' end end order by i.n)
  into refusals, endings
  from unnest(task_ids) with ordinality i (id, n)
  left join task_queue t on t.id = i.id
  left join task_attempts p on p.task_id = t.id and p.attempt = t.attempt
  left join agents a on a.id = p.agent_id;
  perform _end_claims(array_agg(i.id), array_agg(i.ending), array_agg(i.reason))
  from unnest(task_ids, refusals, endings, codes) i (id, code, ending, reason) where i.code is null and i.ending is not null;
  update task_attempts p set charged = true from unnest(task_ids, refusals, requeue_tasks.charged) i (id, code, is_charged), task_queue t
  where t.id = i.id and p.task_id = t.id and p.attempt = t.attempt and i.code is null and i.is_charged and not p.charged;
  update task_queue t set status = 'ready', claim_id = null, status_changed_at = now(), return_code = i.reason, waiting_code = null, waiting_detail = null,
         deaths = t.deaths + (i.ending is not distinct from 'expired')::int, failures = t.failures + coalesce(i.is_charged, false)::int
  from unnest(task_ids, refusals, endings, codes, charged) i (id, code, ending, reason, is_charged) where t.id = i.id and i.code is null;
  delete from task_leases l using unnest(task_ids, refusals) i (id, code) where l.task_id = i.id and i.code is null;
  return query select * from _outcomes('requeue_tasks', 'task', task_ids, refusals);
end
$$;
revoke all on function requeue_tasks(jsonb, uuid[], text[], boolean[]) from public;
grant execute on function requeue_tasks(jsonb, uuid[], text[], boolean[]) to aura_manager;
