-- running -> done, with the hash of a stored SandboxJobResult. Refused: not_found, stale_claim (another holder has it, or it is done).
create or replace function finish_sandbox_jobs(
  ctx jsonb, p_holder text, job_ids uuid[], results bytea[]
) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  codes text[];
begin
  perform _enter(ctx, array['auditor']);
  perform _check_items(job_ids, cardinality(results));
  perform from sandbox_jobs where id = any (job_ids) order by id for no key update;
  select array_agg(case when j.id is null or b.sha256 is null then 'not_found' when j.status <> 'running' or j.lease_holder is distinct from p_holder then 'stale_claim' end order by i.n)
  into codes from unnest(job_ids, results) with ordinality i (id, result, n) left join sandbox_jobs j on j.id = i.id left join blobs b on b.sha256 = i.result;
  update sandbox_jobs j set status = 'done', result_sha256 = i.result, finished_at = clock_timestamp(), lease_holder = null, lease_expires_at = null
  from unnest(job_ids, results, codes) i (id, result, code) where j.id = i.id and i.code is null;
  return query select * from _outcomes('finish_sandbox_jobs', 'sandbox_job', job_ids, codes);
end
$$;
revoke all on function finish_sandbox_jobs(jsonb, text, uuid[], bytea[]) from public;
grant execute on function finish_sandbox_jobs(jsonb, text, uuid[], bytea[]) to aura_auditor;
