-- assigned -> ready: not accepted in time, reassigned, agent suspended, run paused (codes say which). Refused: not_found, illegal_transition.
create or replace function withdraw_tasks(ctx jsonb, task_ids uuid[], codes text[]) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  refusals text[];
begin
  perform _enter_leader(ctx);
  perform _check_items(task_ids, cardinality(codes));
  refusals := _withdraw(task_ids, codes);
  return query select * from _outcomes('withdraw_tasks', 'task', task_ids, refusals);
end
$$;
revoke all on function withdraw_tasks(jsonb, uuid[], text[]) from public;
grant execute on function withdraw_tasks(jsonb, uuid[], text[]) to aura_manager;
