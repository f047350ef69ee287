-- Ends runs: completed/verified (see _delivery_refusal), completed/partial (see _partial_refusal), failed, cancelled. What is
-- completed leaves the system: a signed checkpoint covers everything that happened in it before this transaction.
-- Open approvals are voided. Refused: not_found, illegal_transition, tasks_open (cancel or fail them first), head_moved,
-- override_not_landed, verification_missing, requirement_failed, approval_missing, nothing_delivered, log_unsealed.
create or replace function finish_runs(
  ctx jsonb, run_ids uuid[], statuses text[], stop_reasons text[], revision_ids uuid[]
) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  refusals text[];
begin
  perform _enter_leader(ctx);
  perform _check_items(run_ids, cardinality(statuses), cardinality(stop_reasons), cardinality(revision_ids));
  perform from orchestra_runs where id = any (run_ids) order by id for no key update;
  select array_agg(case
      when r.id is null then 'not_found'
      when not exists (select from run_transitions t where t.from_status = r.status and t.to_status = i.status) or _is_open_run(i.status) then 'illegal_transition'
      when not case i.status when 'completed' then i.stop_reason in ('verified', 'partial') when 'cancelled' then i.stop_reason = 'cancelled'
             else i.stop_reason in ('verification_failed', 'stuck', 'environment', 'policy') end then 'illegal_transition'
      when exists (select from task_queue t where t.run_id = r.id and t.status not in ('verified', 'failed', 'cancelled')) then 'tasks_open'
      when i.status = 'completed' and not exists (select from revisions v where v.id = i.revision_id and v.run_id = r.id) then 'nothing_delivered'
      when i.status = 'completed' then coalesce(
        case i.stop_reason when 'partial' then _partial_refusal(r, i.revision_id) else _delivery_refusal(r, i.revision_id) end,
        case when not _is_sealed(r.id) then 'log_unsealed' end)
    end order by i.n)
  into refusals from unnest(run_ids, statuses, stop_reasons, revision_ids) with ordinality i (id, status, stop_reason, revision_id, n) left join orchestra_runs r on r.id = i.id;
  perform _end_run(i.id, i.status, i.stop_reason, i.revision_id)
  from unnest(run_ids, statuses, stop_reasons, revision_ids, refusals) i (id, status, stop_reason, revision_id, code) where i.code is null;
  return query select * from _outcomes('finish_runs', 'run', run_ids, refusals);
end
$$;
revoke all on function finish_runs(jsonb, uuid[], text[], text[], uuid[]) from public;
grant execute on function finish_runs(jsonb, uuid[], text[], text[], uuid[]) to aura_manager;
