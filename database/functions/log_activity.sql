-- Lines of agent_activity_logs, kept for ever; a message is cut at 2000 characters. A task may stand several times. Refused:
-- unauthenticated, not_found, stale_claim, wrong_runtime.
create or replace function log_activity(
  ctx jsonb, p_token text, task_ids uuid[], claim_ids bigint[], messages text[], severities text[]
) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  runtime uuid := _enter_runtime(ctx, p_token);
  codes text[];
begin
  perform _check_items(array(select n from generate_subscripts(task_ids, 1) n), cardinality(claim_ids), cardinality(messages), cardinality(severities));
  select array_agg(h.code order by h.n) into codes from _held(runtime, task_ids, claim_ids) h;
  insert into agent_activity_logs (id, agent_id, task_id, message, severity, created_at)
  select uuid_v7(), h.agent_id::text, h.task_id, left(i.message, 2000), i.severity, clock_timestamp() at time zone 'UTC'
  from _held(runtime, task_ids, claim_ids) h join unnest(messages, severities) with ordinality i (message, severity, n) on i.n = h.n
  where codes[h.n] is null order by h.n;
  return query select * from _outcomes('log_activity', 'task', task_ids, codes);
end
$$;
revoke all on function log_activity(jsonb, text, uuid[], bigint[], text[], text[]) from public;
grant execute on function log_activity(jsonb, text, uuid[], bigint[], text[], text[]) to aura_agent;
