-- Whether a recorded decision approves this approval: its run is autonomous, the decision is about exactly this digest
-- (subject `<kind> <digest>`), and it applies the policy in force for this kind of gate, whose value is `allow`.
create or replace function _policy_allows(a approvals, r orchestra_runs, p_decision_id uuid) returns boolean language sql stable as $$
with rule as (
  select p.key, p.version, p.value from policies p
  where p.key = format('approval.%s.%s', a.kind, r.oversight)
     or (not r.strict_policy and p.key = format('approval.%s.%s.lenient', a.kind, r.oversight))
  order by p.key desc, p.version desc limit 1)
select r.oversight = 'autonomous' and exists (
  select from policy_decisions d join rule on rule.key = d.policy_key and rule.version = d.policy_version
  where d.id = p_decision_id and d.run_id = a.run_id and d.decision = 'allow' and rule.value = 'allow'
    and d.subject = a.kind || ' ' || encode(a.digest, 'hex'))
$$;
revoke all on function _policy_allows(approvals, orchestra_runs, uuid) from public;
