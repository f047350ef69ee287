-- Whether this runtime holds these claims now: code is null, or unauthenticated, not_found, stale_claim, wrong_runtime.
create or replace function _held(
  p_runtime uuid, task_ids uuid[], claim_ids bigint[]
) returns table (n bigint, task_id uuid, attempt int, agent_id uuid, run_id uuid, code text) language sql stable as $$
select i.n, i.id, p.attempt, p.agent_id, t.run_id, case
    when p_runtime is null then 'unauthenticated'
    when t.id is null then 'not_found'
    when t.status <> 'running' or t.claim_id is distinct from i.claim or p.outcome is not null then 'stale_claim'
    when p.runtime_id is distinct from p_runtime then 'wrong_runtime'
    when not _is_open_run(r.status) then 'stale_claim' end
  from unnest(task_ids, claim_ids) with ordinality i (id, claim, n)
  left join task_queue t on t.id = i.id
  left join task_attempts p on p.task_id = t.id and p.attempt = t.attempt
  left join orchestra_runs r on r.id = t.run_id
$$;
revoke all on function _held(uuid, uuid[], bigint[]) from public;
