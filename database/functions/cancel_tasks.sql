-- Any state but verified and cancelled -> cancelled; an open claim is taken back. Refused: not_found, illegal_transition.
create or replace function cancel_tasks(ctx jsonb, task_ids uuid[], codes text[]) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  refusals text[];
begin
  perform _enter_leader(ctx);
  perform _check_items(task_ids, cardinality(codes));
  refusals := _cancel(task_ids, codes);
  return query select * from _outcomes('cancel_tasks', 'task', task_ids, refusals);
end
$$;
revoke all on function cancel_tasks(jsonb, uuid[], text[]) from public;
grant execute on function cancel_tasks(jsonb, uuid[], text[]) to aura_manager;
