-- Why the tree of this request may not land on its run now; null when it may.
create or replace function _landing_refusal(q verification_requests, v verifications, r orchestra_runs) returns text language sql stable as $$
select case
    when v.id is null or q.kind <> 'implement' then 'not_found'
    when not _is_open_run(r.status) then 'run_closed'
    when not _plan_is_approved(r) then 'approval_missing'
    when v.outcome <> 'accepted' and not (v.outcome in ('rejected', 'inconclusive') and _is_override_to_land(q)) then 'verification_missing'
    when v.tree_sha256 is distinct from q.tree_sha256 then 'verification_missing'
    when q.base_revision_id is distinct from r.head_revision_id then 'head_moved'
    when r.oversight = 'locked' and not exists (
      select from approvals a where a.run_id = r.id and a.kind = 'landing' and a.status = 'approved' and a.used_at is not null and a.subject_id in (q.id, v.id))
      then 'approval_missing'
  end
$$;
revoke all on function _landing_refusal(verification_requests, verifications, orchestra_runs) from public;
