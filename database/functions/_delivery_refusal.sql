-- Why this revision may not be delivered as verified; null when it may: its assembly was accepted with the current suite
-- (without one only where there is nothing to test), every `must` requirement passed in it or was decided by a person, no
-- person said fail, every overridden change has landed (or is done again), and the gates of its plan and of its delivery were passed.
create or replace function _delivery_refusal(r orchestra_runs, p_revision_id uuid) returns text language sql stable as $$
select case
    when r.head_revision_id is distinct from p_revision_id then 'head_moved'
    when _has_unlanded_override(r.id) then 'override_not_landed'
    when v.id is null then 'verification_missing'
    when exists (
      select from requirements q left join verdicts d on d.verification_id = v.id and d.requirement_id = q.id
      where q.run_id = r.id and q.priority = 'must' and q.set_aside_by is null
        and (q.override_verdict = 'fail' or q.inspection_verdict = 'fail'
          or q.override_verdict is null and d.verdict is distinct from 'pass'
            and not (q.verification_method = 'inspection' and q.inspection_verdict is not distinct from 'pass'))) then 'requirement_failed'
    when not _plan_is_approved(r) then 'approval_missing'
    when r.oversight <> 'autonomous' and not exists (
      select from approvals a where a.run_id = r.id and a.kind = 'delivery' and a.status = 'approved' and a.used_at is not null
        and a.subject_id = p_revision_id) then 'approval_missing'
  end
  from (select) s left join lateral (
    select w.id from verifications w join verification_requests q on q.id = w.request_id
    where q.run_id = r.id and q.kind = 'assembly' and q.base_revision_id = p_revision_id and q.suite_id is not distinct from r.suite_id
      and w.outcome = 'accepted' and (q.suite_id is not null or _is_untestable(r.id))
    order by w.created_at desc limit 1) v on true
$$;
revoke all on function _delivery_refusal(orchestra_runs, uuid) from public;
