-- What the approval of a plan binds: SHA-256 over the RFC 8785 text of the hashes of the PRD's blocks, of every requirement in
-- the order of their numbers, and of the plan.
create or replace function _plan_digest(p_run_id uuid, p_plan_sha256 bytea) returns bytea language sql stable as $$
select sha256(convert_to(format('{"blocks_sha256":"%s","plan":"%s","requirements":[%s]}',
    encode(d.blocks_sha256, 'hex'), encode(p_plan_sha256, 'hex'),
    (select string_agg('"' || encode(q.content_sha256, 'hex') || '"', ',' order by substr(q.key, 2)::int) from requirements q where q.run_id = r.id)), 'UTF8'))
  from orchestra_runs r join prds d on d.id = r.prd_id where r.id = p_run_id
$$;
revoke all on function _plan_digest(uuid, bytea) from public;
