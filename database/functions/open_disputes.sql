-- Tests that a coder says contradict the PRD: {id, run_id, task_id, attempt, test_id, basis, dispute_task_id}. The same id
-- again: done. Refused: not_found (no such attempt of that run), illegal_transition (disputed in this attempt before).
create or replace function open_disputes(ctx jsonb, disputes jsonb) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  ids uuid[] := (select array_agg((d->>'id')::uuid order by n) from jsonb_array_elements(_items(disputes)) with ordinality u (d, n));
  codes text[];
begin
  perform _enter_leader(ctx);
  perform _check_items(coalesce(ids, '{}'));
  select array_agg(case
      when exists (select from test_disputes x where x.id = d.id) then null
      when not exists (select from task_attempts p join task_queue t on t.id = p.task_id where p.task_id = d.task_id and p.attempt = d.attempt and t.run_id = d.run_id)
        then 'not_found'
      when exists (select from test_disputes x where x.task_id = d.task_id and x.attempt = d.attempt and x.test_id = d.test_id) then 'illegal_transition'
    end order by array_position(ids, d.id))
  into codes from jsonb_to_recordset(_items(disputes)) d (id uuid, run_id uuid, task_id uuid, attempt int, test_id text);
  insert into test_disputes (id, run_id, task_id, attempt, test_id, basis, dispute_task_id)
  select d.id, d.run_id, d.task_id, d.attempt, d.test_id, d.basis, d.dispute_task_id
  from jsonb_to_recordset(_items(disputes)) d (id uuid, run_id uuid, task_id uuid, attempt int, test_id text, basis text, dispute_task_id uuid)
  join unnest(ids, codes) i (id, code) on i.id = d.id where i.code is null
  on conflict (id) do nothing;
  return query select * from _outcomes('open_disputes', 'dispute', ids, codes);
end
$$;
revoke all on function open_disputes(jsonb, jsonb) from public;
grant execute on function open_disputes(jsonb, jsonb) to aura_manager;
