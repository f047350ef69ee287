-- A run's way through its open states, with why it waits (code, detail; null: it does not). The same status: only that
-- changes. Into `executing` only with a used approval of the current plan. Refused: not_found, illegal_transition, approval_missing.
create or replace function move_runs(
  ctx jsonb, run_ids uuid[], statuses text[], codes text[], details text[]
) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  refusals text[];
begin
  perform _enter_leader(ctx);
  perform _check_items(run_ids, cardinality(statuses), cardinality(codes), cardinality(details));
  perform from orchestra_runs where id = any (run_ids) order by id for no key update;
  select array_agg(case
      when r.id is null then 'not_found'
      when not _is_open_run(r.status) or not _is_open_run(i.status) then 'illegal_transition'
      when r.status <> i.status and not exists (select from run_transitions t where t.from_status = r.status and t.to_status = i.status) then 'illegal_transition'
      when r.status in ('planning', 'awaiting_director') and i.status = 'executing' and not _plan_is_approved(r) then 'approval_missing'
    end order by i.n)
  into refusals from unnest(run_ids, statuses) with ordinality i (id, status, n) left join orchestra_runs r on r.id = i.id;
  update orchestra_runs r set status = i.status, waiting_code = i.reason, waiting_detail = i.detail,
         status_changed_at = case when r.status = i.status then r.status_changed_at else now() end,
         waiting_since = case when i.reason is null then null when r.waiting_code is distinct from i.reason then now() else r.waiting_since end
  from unnest(run_ids, statuses, codes, details, refusals) i (id, status, reason, detail, code)
  where r.id = i.id and i.code is null
    and (r.status, r.waiting_code, r.waiting_detail) is distinct from (i.status, i.reason, i.detail);
  return query select * from _outcomes('move_runs', 'run', run_ids, refusals);
end
$$;
revoke all on function move_runs(jsonb, uuid[], text[], text[], text[]) from public;
grant execute on function move_runs(jsonb, uuid[], text[], text[], text[]) to aura_manager;
