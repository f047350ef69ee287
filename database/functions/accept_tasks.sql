-- assigned -> running, for agents bound to the runtime that shows its token: at most p_limit tasks, those of paused runs
-- left out, none while the system is stopped. Each gets a new claim_id, the fence that every later call shows. Provider and
-- model are the agent's own where the run allows them, else the run's. Raises AU005 for an unknown token.
create or replace function accept_tasks(
  ctx jsonb, p_token text, p_limit int, lease_s int
) returns table (task_id uuid, run_id uuid, kind text, key text, agent_id uuid, agent_slug text, mode text, provider text, model text, attempt int, claim_id bigint, context bytea)
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC'
  set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  runtime uuid := _enter_runtime(ctx, p_token);
  ids uuid[];
begin
  if runtime is null then raise exception 'unknown runtime token' using errcode = 'AU005'; end if;
  if _is_stopped() then return; end if;
  perform _in_verb('accept_tasks');
  with mine as (
    select t.id, t.status from agent_bindings b join agents a on a.id = b.agent_id
    join task_queue t on t.assigned_agent = b.agent_id::text and t.status = 'assigned'
    join orchestra_runs r on r.id = t.run_id
    where b.runtime_id = runtime and a.standing in ('active', 'probation') and r.paused_at is null and _is_open_run(r.status)
    order by r.priority desc, t.priority desc, t.id limit least(greatest(p_limit, 0), 1000) for no key update of t skip locked)
  select array_agg(mine.id) into ids from mine where mine.status = 'assigned';
  if ids is null then return; end if;
  update task_queue t set status = 'running', attempt = t.attempt + 1, claim_id = nextval('claim_ids'), status_changed_at = now() where t.id = any (ids);
  insert into task_attempts (task_id, attempt, claim_id, agent_id, runtime_id, context_sha256)
  select t.id, t.attempt, t.claim_id, t.assigned_agent::uuid, runtime, t.context_sha256 from task_queue t where t.id = any (ids);
  insert into task_leases (task_id, claim_id, expires_at)
  select t.id, t.claim_id, clock_timestamp() + _lease_seconds(lease_s) from task_queue t where t.id = any (ids)
  on conflict (task_id) do update set claim_id = excluded.claim_id, expires_at = excluded.expires_at;
  return query
    select t.id, t.run_id, t.kind, t.key, a.id, a.slug, a.mode,
           case when _in_list(a.provider, r.provider) then a.provider else r.provider end,
           case when not coalesce(_in_list(a.provider, r.provider), false) then r.model when _in_list(a.model, r.model) then a.model
             else _model_of(a.provider, r.provider, r.model) end,
           t.attempt, t.claim_id, b.body
    from task_queue t join orchestra_runs r on r.id = t.run_id join agents a on a.id = t.assigned_agent::uuid join blobs b on b.sha256 = t.context_sha256
    where t.id = any (ids) order by array_position(ids, t.id);
end
$$;
revoke all on function accept_tasks(jsonb, text, int, int) from public;
grant execute on function accept_tasks(jsonb, text, int, int) to aura_agent;
