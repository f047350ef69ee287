-- submitted -> verified, only with an accepting verification of exactly this attempt; an `implement` task also needs its
-- landed revision. Refused: not_found, illegal_transition, verification_missing.
create or replace function verify_tasks(ctx jsonb, task_ids uuid[], verification_ids uuid[]) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC'
  set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set jit = off as $$
declare
  codes text[];
begin
  perform _enter_leader(ctx);
  perform _in_verb('verify_tasks');
  perform _check_items(task_ids, cardinality(verification_ids));
  perform from task_queue where id = any (task_ids) order by id for no key update;
  select array_agg(case
      when t.id is null then 'not_found'
      when t.status <> 'submitted' then 'illegal_transition'
      when v.id is null then 'verification_missing'
      when t.kind = 'implement' and not exists (select from revisions r where r.verification_id = i.verification_id) then 'verification_missing'
    end order by i.n)
  into codes from unnest(task_ids, verification_ids) with ordinality i (id, verification_id, n)
  left join task_queue t on t.id = i.id
  left join (verifications v join verification_requests q on q.id = v.request_id)
    on v.id = i.verification_id and v.outcome = 'accepted' and q.task_id = t.id and q.attempt = t.attempt and q.claim_id = t.claim_id;
  update task_queue t set status = 'verified', status_changed_at = now(), completed_at = clock_timestamp() at time zone 'UTC'
  from unnest(task_ids, codes) i (id, code) where t.id = i.id and i.code is null;
  return query select * from _outcomes('verify_tasks', 'task', task_ids, codes);
end
$$;
revoke all on function verify_tasks(jsonb, uuid[], uuid[]) from public;
grant execute on function verify_tasks(jsonb, uuid[], uuid[]) to aura_manager;
