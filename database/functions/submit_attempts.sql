-- running -> submitted, with the hash of the product (and of the transcript). The agent's own confidence is kept and never
-- counts as evidence. Refused: unauthenticated, not_found (also: the product is not stored), stale_claim, wrong_runtime.
create or replace function submit_attempts(
  ctx jsonb, p_token text, task_ids uuid[], claim_ids bigint[], products bytea[], transcripts bytea[], self_confidences numeric[]
) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC'
  set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set jit = off as $$
declare
  runtime uuid := _enter_runtime(ctx, p_token);
  codes text[];
begin
  perform _in_verb('submit_attempts');
  perform _check_items(task_ids, cardinality(claim_ids), cardinality(products), cardinality(transcripts), cardinality(self_confidences));
  perform from task_queue where id = any (task_ids) order by id for no key update;
  select array_agg(coalesce(h.code, case when b.sha256 is null then 'not_found' end) order by h.n) into codes
  from _held(runtime, task_ids, claim_ids) h join unnest(products) with ordinality i (product, n) on i.n = h.n left join blobs b on b.sha256 = i.product;
  update task_attempts p set outcome = 'submitted', ended_at = clock_timestamp(), product_sha256 = i.product, transcript_sha256 = i.transcript,
         self_confidence = i.confidence
  from unnest(claim_ids, products, transcripts, self_confidences, codes) i (claim, product, transcript, confidence, code)
  where p.claim_id = i.claim and i.code is null;
  update task_queue t set status = 'submitted', status_changed_at = now() from unnest(task_ids, codes) i (id, code) where t.id = i.id and i.code is null;
  delete from task_leases l using unnest(task_ids, codes) i (id, code) where l.task_id = i.id and i.code is null;
  return query select * from _outcomes('submit_attempts', 'task', task_ids, codes);
end
$$;
revoke all on function submit_attempts(jsonb, text, uuid[], bigint[], bytea[], bytea[], numeric[]) from public;
grant execute on function submit_attempts(jsonb, text, uuid[], bigint[], bytea[], bytea[], numeric[]) to aura_agent;
