-- Asks the Auditor to judge submissions, or the assembly of a run. Item: the columns of verification_requests by name, hashes
-- in hex. What was asked before is done, with the id of the earlier request in detail. Refused: illegal_transition (not
-- submitted, or not with that attempt and claim; an overridden change that has not landed is judged on the head, too), run_closed, head_moved, suite_moved (implement and assembly are judged on
-- the landed head with the current suite), suite_missing (an assembly without one, where something is to be tested), not_found, retry_refused (a repeat needs an earlier verdict without conclusion;
-- of an assembly also a rejecting one, since the Director may have decided what failed).
create or replace function request_verifications(ctx jsonb, requests jsonb) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC'
  set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set jit = off as $$
declare
  ids uuid[] := (select array_agg((q->>'id')::uuid order by n) from jsonb_array_elements(_items(requests)) with ordinality u (q, n));
  rows verification_requests[];
  codes text[];
  earlier uuid[];
begin
  perform _enter_leader(ctx);
  perform _check_items(coalesce(ids, '{}'));
  select array_agg(row(q.id, q.run_id, q.kind, q.task_id, q.attempt, q.claim_id, decode(q.product_sha256, 'hex'), q.base_revision_id,
                       decode(q.tree_sha256, 'hex'), q.plan_id, q.suite_id, coalesce(q.retry, 0), now())::verification_requests order by e.n)
  into rows
  from jsonb_array_elements(_items(requests)) with ordinality e (item, n),
    jsonb_to_record(e.item) q (id uuid, run_id uuid, kind text, task_id uuid, attempt int, claim_id bigint, product_sha256 text, base_revision_id uuid,
                               tree_sha256 text, plan_id uuid, suite_id uuid, retry int);
  perform from orchestra_runs r where r.id in (select (q).run_id from unnest(rows) q) order by r.id for share;
  select array_agg(coalesce(same.id, x.id) order by q.ordinality) into earlier
  from unnest(rows) with ordinality q
  left join verification_requests same on same.id = q.id
  left join lateral (  -- by task, or for an assembly by run: each by its index
    select v.id from verification_requests v
    where v.task_id = q.task_id and v.run_id = q.run_id and v.kind = q.kind and v.attempt is not distinct from q.attempt
      and v.base_revision_id is not distinct from q.base_revision_id and v.suite_id is not distinct from q.suite_id and v.retry = q.retry
    union all
    select v.id from verification_requests v
    where q.task_id is null and v.task_id is null and v.run_id = q.run_id and v.kind = 'assembly' and v.kind = q.kind
      and v.attempt is not distinct from q.attempt
      and v.base_revision_id is not distinct from q.base_revision_id and v.suite_id is not distinct from q.suite_id and v.retry = q.retry
    limit 1) x on same.id is null;
  select array_agg(case
      when earlier[q.ordinality] is not null then null
      when r.id is null or (q.task_id is not null and t.id is null) then 'not_found'
      when not _is_open_run(r.status) then 'run_closed'
      when q.task_id is not null and (t.run_id <> q.run_id or t.kind <> q.kind) then 'illegal_transition'
      when q.task_id is not null and (t.status <> 'submitted' or t.attempt is distinct from q.attempt or t.claim_id is distinct from q.claim_id)
        and not _is_override_to_land(rows[q.ordinality]) then 'illegal_transition'
      when (q.kind = 'assembly') <> (q.task_id is null) then 'illegal_transition'
      when q.kind in ('implement', 'assembly') and q.base_revision_id is distinct from r.head_revision_id then 'head_moved'
      when q.kind = 'assembly' and not exists (select from revisions v where v.id = q.base_revision_id and v.tree_sha256 = q.tree_sha256) then 'head_moved'
      when q.kind in ('implement', 'assembly') and q.suite_id is distinct from r.suite_id then 'suite_moved'
      when q.kind = 'assembly' and q.suite_id is null and not _is_untestable(q.run_id) then 'suite_missing'
      when exists (select from unnest(array[q.product_sha256, q.tree_sha256]) h where h is not null and not exists (select from blobs b where b.sha256 = h)) then 'not_found'
      when q.retry > 0 and not exists (
        select from verification_requests v join verifications w on w.request_id = v.id
        where v.run_id = q.run_id and v.task_id is not distinct from q.task_id and v.attempt is not distinct from q.attempt and v.retry = q.retry - 1
          and (w.outcome in ('environment', 'inconclusive') or (q.kind = 'assembly' and w.outcome = 'rejected'))) then 'retry_refused'
    end order by q.ordinality)
  into codes
  from unnest(rows) with ordinality q
  left join orchestra_runs r on r.id = q.run_id left join task_queue t on t.id = q.task_id;
  insert into verification_requests (id, run_id, kind, task_id, attempt, claim_id, product_sha256, base_revision_id, tree_sha256, plan_id, suite_id, retry)
  select q.id, q.run_id, q.kind, q.task_id, q.attempt, q.claim_id, q.product_sha256, q.base_revision_id, q.tree_sha256, q.plan_id, q.suite_id, q.retry
  from unnest(rows) with ordinality q where codes[q.ordinality] is null and earlier[q.ordinality] is null
  on conflict do nothing;  -- another manager asked at the same moment
  return query select * from _outcomes('request_verifications', 'verification_request', ids, codes, earlier::text[]);
end
$$;
revoke all on function request_verifications(jsonb, jsonb) from public;
grant execute on function request_verifications(jsonb, jsonb) to aura_manager;
