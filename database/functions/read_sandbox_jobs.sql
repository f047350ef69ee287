-- State and result (bytes of a SandboxJobResult) of this runtime's own jobs.
create or replace function read_sandbox_jobs(p_token text, job_ids uuid[]) returns table (job_id uuid, status text, result bytea)
  language sql stable
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
select j.id, j.status, b.body from sandbox_jobs j
  join task_attempts p on p.claim_id = j.claim_id and p.runtime_id = _runtime_of(p_token)
  left join blobs b on b.sha256 = j.result_sha256
  where j.id = any (job_ids)
$$;
revoke all on function read_sandbox_jobs(text, uuid[]) from public;
grant execute on function read_sandbox_jobs(text, uuid[]) to aura_agent;
