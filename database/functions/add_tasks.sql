-- New tasks of one open run: `blocked` while a dependency is not verified, else `ready`. Item: {id, kind, key, title,
-- spec_sha256, priority, depends_on, usd_limit, tokens_limit, repairs_task_id, disputes_test_ids, requirements
-- [{requirement_id, closes}]}. The same id and key again: done without change. Refused: run_closed, key_taken,
-- not_found (a dependency, requirement or repaired task that is not of this run, or was itself refused).
create or replace function add_tasks(ctx jsonb, p_run_id uuid, tasks jsonb) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC'
  set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set jit = off as $$
declare
  ids uuid[] := (select array_agg((t.item->>'id')::uuid order by t.n) from jsonb_array_elements(_items(tasks)) with ordinality t (item, n));
  codes text[];
  before text[];
  fresh uuid[];
begin
  perform _enter_leader(ctx);
  perform _check_items(coalesce(ids, '{}'));
  perform from orchestra_runs where id = p_run_id for share;
  select array_agg(case
      when not exists (select from orchestra_runs r where r.id = p_run_id and _is_open_run(r.status)) then 'run_closed'
      when exists (select from task_queue q where q.run_id = p_run_id and q.key = t.item->>'key' and q.id <> (t.item->>'id')::uuid) then 'key_taken'
      when exists (select from task_queue q where q.id = (t.item->>'id')::uuid and (q.run_id <> p_run_id or q.key <> t.item->>'key')) then 'key_taken'
      when t.item->>'repairs_task_id' is not null
        and not exists (select from task_queue q where q.id = (t.item->>'repairs_task_id')::uuid and q.run_id = p_run_id) then 'not_found'
      when exists (select from jsonb_to_recordset(_items(t.item->'requirements')) c (requirement_id uuid)
                   where not exists (select from requirements q where q.id = c.requirement_id and q.run_id = p_run_id)) then 'not_found'
    end order by t.n)
  into codes from jsonb_array_elements(_items(tasks)) with ordinality t (item, n);
  loop  -- a refused item takes those that depend on it along
    before := codes;
    select array_agg(coalesce(codes[t.n], case when exists (
        select from jsonb_array_elements_text(_items(t.item->'depends_on')) d
        where not exists (select from task_queue q where q.id = d::uuid and q.run_id = p_run_id)
          and not exists (select from unnest(ids, codes) o (id, code) where o.id = d::uuid and o.code is null)) then 'not_found' end) order by t.n)
    into codes from jsonb_array_elements(_items(tasks)) with ordinality t (item, n);
    exit when codes is not distinct from before;
  end loop;
  fresh := (select array_agg(i.id) from unnest(ids, codes) i (id, code) where i.code is null and not exists (select from task_queue q where q.id = i.id));
  insert into task_queue (id, run_id, status, priority, created_at, kind, key, title, spec_sha256, usd_limit, tokens_limit, repairs_task_id, disputes_test_ids)
  select i.id, p_run_id,
         case when exists (select from jsonb_array_elements_text(_items(i.depends_on)) d
                           where not exists (select from task_queue q where q.id = d::uuid and q.status = 'verified')) then 'blocked' else 'ready' end,
         coalesce(i.priority, 0), clock_timestamp() at time zone 'UTC', i.kind, i.key, i.title, decode(i.spec_sha256, 'hex'), i.usd_limit, i.tokens_limit,
         i.repairs_task_id, coalesce(i.disputes_test_ids, '{}')
  from jsonb_to_recordset(_items(tasks)) i (id uuid, kind text, key text, title text, spec_sha256 text, priority int, depends_on jsonb, usd_limit numeric,
                                    tokens_limit bigint, repairs_task_id uuid, disputes_test_ids text[])
  where i.id = any (fresh);
  insert into task_dependencies (task_id, depends_on)
  select distinct (t->>'id')::uuid, d::uuid from jsonb_array_elements(_items(tasks)) t, jsonb_array_elements_text(_items(t->'depends_on')) d
  where (t->>'id')::uuid = any (fresh);
  insert into task_requirements (task_id, requirement_id, closes)
  select (t->>'id')::uuid, c.requirement_id, coalesce(c.closes, false) from jsonb_array_elements(_items(tasks)) t,
    jsonb_to_recordset(_items(t->'requirements')) c (requirement_id uuid, closes boolean)
  where (t->>'id')::uuid = any (fresh);
  return query select * from _outcomes('add_tasks', 'task', ids, codes);
end
$$;
revoke all on function add_tasks(jsonb, uuid, jsonb) from public;
grant execute on function add_tasks(jsonb, uuid, jsonb) to aura_manager;
