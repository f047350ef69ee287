-- A check that the Auditor's sandbox runs on this tree for the agent; at most 40 a claim. The id is the job's. Refused:
-- unauthenticated, not_found, stale_claim, wrong_runtime, system_stopped, limit_reached.
create or replace function queue_sandbox_job(
  ctx jsonb, p_token text, p_task_id uuid, p_claim_id bigint, tree_sha256 bytea, p_command text, p_arguments text[]
) returns verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  runtime uuid := _enter_runtime(ctx, p_token);
  held record;
  jobs int;
  code text;
  job uuid := uuid_v7();
begin
  perform from task_queue where id = p_task_id for no key update;
  select * into held from _held(runtime, array[p_task_id], array[p_claim_id]);
  jobs := (select count(*) from sandbox_jobs j where j.claim_id = p_claim_id);
  code := case
    when held.code is not null then held.code
    when _is_stopped() then 'system_stopped'
    when not exists (select from blobs b where b.sha256 = queue_sandbox_job.tree_sha256) then 'not_found'
    when jobs >= 40 then 'limit_reached'
  end;
  if code is not null then
    return (null::uuid, 'refused', code, (_outcome('queue_sandbox_job', 'task', p_task_id, code)).detail)::verb_outcome;
  end if;
  insert into sandbox_jobs (id, run_id, task_id, claim_id, number, tree_sha256, toolchain, command, arguments)
  select job, r.id, p_task_id, p_claim_id, jobs + 1, queue_sandbox_job.tree_sha256, r.toolchain, p_command, coalesce(p_arguments, '{}')
  from orchestra_runs r where r.id = held.run_id;
  return _outcome('queue_sandbox_job', 'sandbox_job', job, null);
end
$$;
revoke all on function queue_sandbox_job(jsonb, text, uuid, bigint, bytea, text, text[]) from public;
grant execute on function queue_sandbox_job(jsonb, text, uuid, bigint, bytea, text, text[]) to aura_agent;
