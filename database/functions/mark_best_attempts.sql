-- Remembers the best judged attempt of a task so far. Refused: not_found (no judged request of that task).
create or replace function mark_best_attempts(ctx jsonb, task_ids uuid[], request_ids uuid[]) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  codes text[];
begin
  perform _enter_leader(ctx);
  perform _check_items(task_ids, cardinality(request_ids));
  perform from task_queue where id = any (task_ids) order by id for no key update;
  select array_agg(case when not exists (select from verification_requests q join verifications v on v.request_id = q.id
                                         where q.id = i.request_id and q.task_id = i.id) then 'not_found' end order by i.n)
  into codes from unnest(task_ids, request_ids) with ordinality i (id, request_id, n);
  update task_queue t set best_request_id = i.request_id
  from unnest(task_ids, request_ids, codes) i (id, request_id, code) where t.id = i.id and i.code is null and t.best_request_id is distinct from i.request_id;
  return query select * from _outcomes('mark_best_attempts', 'task', task_ids, codes);
end
$$;
revoke all on function mark_best_attempts(jsonb, uuid[], uuid[]) from public;
grant execute on function mark_best_attempts(jsonb, uuid[], uuid[]) to aura_manager;
