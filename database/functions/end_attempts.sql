-- An attempt ended without a product: gave_up or held_up, with why. The task stays `running` until the Manager moves it.
-- Refused: unauthenticated, not_found, stale_claim, wrong_runtime, validation_failed.
create or replace function end_attempts(
  ctx jsonb, p_token text, task_ids uuid[], claim_ids bigint[], outcomes text[], codes text[], details text[], transcripts bytea[]
) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  runtime uuid := _enter_runtime(ctx, p_token);
  refusals text[];
begin
  perform _check_items(task_ids, cardinality(claim_ids), cardinality(outcomes), cardinality(codes), cardinality(details), cardinality(transcripts));
  perform from task_queue where id = any (task_ids) order by id for no key update;
  select array_agg(coalesce(h.code, case when coalesce(i.outcome, '') not in ('gave_up', 'held_up') then 'validation_failed' end) order by h.n) into refusals
  from _held(runtime, task_ids, claim_ids) h join unnest(outcomes) with ordinality i (outcome, n) on i.n = h.n;
  update task_attempts p set outcome = i.outcome, outcome_code = i.reason, outcome_detail = left(i.detail, 2000), ended_at = clock_timestamp(), transcript_sha256 = i.transcript
  from unnest(claim_ids, outcomes, codes, details, transcripts, refusals) i (claim, outcome, reason, detail, transcript, code)
  where p.claim_id = i.claim and i.code is null;
  return query select * from _outcomes('end_attempts', 'task', task_ids, refusals);
end
$$;
revoke all on function end_attempts(jsonb, text, uuid[], bigint[], text[], text[], text[], bytea[]) from public;
grant execute on function end_attempts(jsonb, text, uuid[], bigint[], text[], text[], text[], bytea[]) to aura_agent;
