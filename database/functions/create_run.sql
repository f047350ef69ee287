-- Takes in a PRD and starts a run with its first task. `run` as DESIGN of the API has it: {id, project_id | project_name,
-- title, oversight, provider, model, toolchain, base_run_id, usd_limit, tokens_limit, strict_policy, prd {id, title,
-- body_sha256, attachments_sha256, blocks_sha256, blocks}, first_task {id, key, title, spec_sha256}}; hashes in hex.
-- The same id again: done without change. Refused: unauthenticated, forbidden, not_found, nothing_delivered.
create or replace function create_run(ctx jsonb, presented_key text, run jsonb) returns verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  k api_keys := _enter_director(ctx, presented_key, array['director', 'service']);
  run_id constant uuid := (run->>'id')::uuid;
  prd constant jsonb := run->'prd';
  task constant jsonb := run->'first_task';
  project uuid := (run->>'project_id')::uuid;
begin
  if k.role is null then
    return _outcome('create_run', 'run', run_id, case when k.id is null then 'unauthenticated' else 'forbidden' end);
  elsif exists (select from orchestra_runs where id = run_id) then
    return _outcome('create_run', 'run', run_id, null);
  elsif run->>'base_run_id' is not null
    and not exists (select from orchestra_runs where id = (run->>'base_run_id')::uuid and delivered_revision_id is not null) then
    return _outcome('create_run', 'run', run_id, 'nothing_delivered', 'base_run_id names no delivered run');
  end if;
  if project is null then
    insert into projects (id, name, created_at) values (uuid_v7(), run->>'project_name', clock_timestamp() at time zone 'UTC') on conflict (name) do nothing;
    project := (select p.id from projects p where p.name = run->>'project_name');
  elsif not exists (select from projects where id = project) then
    return _outcome('create_run', 'run', run_id, 'not_found', 'there is no such project');
  end if;
  insert into prds (id, title, body_sha256, attachments_sha256, blocks_sha256)
  values ((prd->>'id')::uuid, prd->>'title', decode(prd->>'body_sha256', 'hex'), decode(prd->>'attachments_sha256', 'hex'), decode(prd->>'blocks_sha256', 'hex'));
  insert into prd_blocks (prd_id, block_id, position, kind, headings, body)
  select (prd->>'id')::uuid, b.block_id, b.position, b.kind, b.headings, b.body
  from jsonb_to_recordset(_items(prd->'blocks')) b (block_id text, position int, kind text, headings text[], body text);
  insert into orchestra_runs (id, project_id, manager_id, status, started_at, title, prd_id, oversight, provider, model, toolchain, base_run_id,
                              usd_limit, tokens_limit, strict_policy, created_by)
  values (run_id, project, ctx->>'actor_id', 'planning', clock_timestamp() at time zone 'UTC', coalesce(run->>'title', ''), (prd->>'id')::uuid,
          coalesce(run->>'oversight', 'supervised'), run->>'provider', run->>'model', coalesce(run->>'toolchain', 'python'), (run->>'base_run_id')::uuid,
          coalesce((run->>'usd_limit')::numeric, 0), coalesce((run->>'tokens_limit')::bigint, 0), coalesce((run->>'strict_policy')::boolean, true), k.name);
  insert into task_queue (id, run_id, status, priority, created_at, kind, key, title, spec_sha256)
  values ((task->>'id')::uuid, run_id, 'ready', 0, clock_timestamp() at time zone 'UTC', 'requirements', task->>'key', task->>'title', decode(task->>'spec_sha256', 'hex'));
  perform _record_action(k, coalesce((ctx->>'action_id')::uuid, uuid_v7()), 'create_run', run_id, null, run #- '{prd,blocks}', null, ctx->>'request_id');
  return _outcome('create_run', 'run', run_id, null);
end
$$;
revoke all on function create_run(jsonb, text, jsonb) from public;
grant execute on function create_run(jsonb, text, jsonb) to aura_manager;
