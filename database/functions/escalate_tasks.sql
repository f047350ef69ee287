-- blocked, ready, running, submitted or rejected -> awaiting_director, with why (code) and what (detail). A claim that is
-- still open is taken back. Refused: not_found, illegal_transition.
create or replace function escalate_tasks(ctx jsonb, task_ids uuid[], codes text[], details text[]) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  refusals text[];
  endings text[];
begin
  perform _enter_leader(ctx);
  perform _in_verb('escalate_tasks');
  perform _check_items(task_ids, cardinality(codes), cardinality(details));
  perform from task_queue where id = any (task_ids) order by id for no key update;
  select array_agg(case when t.id is null then 'not_found' when t.status not in ('blocked', 'ready', 'running', 'submitted', 'rejected') then 'illegal_transition' end order by i.n),
         array_agg(case when t.status = 'running' and p.outcome is null then case when _lease_ran_out(t) then 'expired' else 'taken_back' end end order by i.n)
  into refusals, endings
  from unnest(task_ids) with ordinality i (id, n) left join task_queue t on t.id = i.id
  left join task_attempts p on p.task_id = t.id and p.attempt = t.attempt;
  perform _end_claims(array_agg(i.id), array_agg(i.ending), array_agg(i.reason))
  from unnest(task_ids, refusals, endings, codes) i (id, code, ending, reason) where i.code is null and i.ending is not null;
  update task_queue t set status = 'awaiting_director', waiting_code = i.reason, waiting_detail = i.detail, status_changed_at = now(),
         claim_id = case when t.status = 'running' then null else t.claim_id end, deaths = t.deaths + (i.ending is not distinct from 'expired')::int
  from unnest(task_ids, refusals, endings, codes, details) i (id, code, ending, reason, detail) where t.id = i.id and i.code is null;
  return query select * from _outcomes('escalate_tasks', 'task', task_ids, refusals);
end
$$;
revoke all on function escalate_tasks(jsonb, uuid[], text[], text[]) from public;
grant execute on function escalate_tasks(jsonb, uuid[], text[], text[]) to aura_manager;
