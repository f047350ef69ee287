-- Why this revision may not be handed over in part; null when it may: the Director asked for it, and it was judged as a whole
-- by the suite in force, unless there is no suite, or the judgement was waited for for 10 minutes.
create or replace function _partial_refusal(r orchestra_runs, p_revision_id uuid) returns text language sql stable as $$
select case
    when not r.delivery_partial then 'approval_missing'
    when r.suite_id is not null and not exists (
      select from verification_requests q
      where q.run_id = r.id and q.kind = 'assembly' and q.base_revision_id = p_revision_id and q.suite_id = r.suite_id
        and (q.created_at <= clock_timestamp() - interval '10 minutes' or exists (select from verifications v where v.request_id = q.id)))
      then 'verification_missing'
  end
$$;
revoke all on function _partial_refusal(orchestra_runs, uuid) from public;
