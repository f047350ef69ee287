-- What the Manager may settle without the Director: `expired` after its time (an approved one too, while it is unused),
-- `voided`, and `approved` by the policy for this gate (_policy_allows). Refused: not_found, illegal_transition, policy_denied.
create or replace function settle_approvals(
  ctx jsonb, approval_ids uuid[], statuses text[], policy_decision_ids uuid[]
) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  codes text[];
begin
  perform _enter_leader(ctx);
  perform _check_items(approval_ids, cardinality(statuses), cardinality(policy_decision_ids));
  perform from approvals where id = any (approval_ids) order by id for no key update;
  select array_agg(case
      when a.id is null then 'not_found'
      when i.status = 'voided' and a.status in ('pending', 'approved') and a.used_at is null then null
      when i.status = 'expired' and a.status in ('pending', 'approved') and a.used_at is null and a.expires_at <= clock_timestamp() then null
      when i.status <> 'approved' or a.status <> 'pending' then 'illegal_transition'
      when not _policy_allows(a, r, i.decision_id) then 'policy_denied'
    end order by i.n)
  into codes
  from unnest(approval_ids, statuses, policy_decision_ids) with ordinality i (id, status, decision_id, n)
  left join approvals a on a.id = i.id left join orchestra_runs r on r.id = a.run_id;
  update approvals a set status = i.status, decided_at = now()
  from unnest(approval_ids, statuses, codes) i (id, status, code) where a.id = i.id and i.code is null;
  return query select * from _outcomes('settle_approvals', 'approval', approval_ids, codes);
end
$$;
revoke all on function settle_approvals(jsonb, uuid[], text[], uuid[]) from public;
grant execute on function settle_approvals(jsonb, uuid[], text[], uuid[]) to aura_manager;
