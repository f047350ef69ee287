import type { Oversight } from "@aura/shared/enums/run";
import type { Tx } from "@aura/shared/postgres/client";
import type { NewApproval } from "../db/orchestration-verbs.ts";
import { policyDecision } from "../policy-enforcer/decisions.ts";
import { allDone, type StepDeps } from "./step.ts";

/**
 * Has policy decide about an opened approval, and records which policy that was and what it said. In an autonomous run it
 * may approve, for the reason given; everywhere else, and wherever it does not allow, a person is needed.
 */
export async function decideByPolicy(
  deps: StepDeps,
  tx: Tx,
  run: { readonly oversight: Oversight; readonly strict_policy: boolean },
  approval: NewApproval,
  reason: string,
): Promise<void> {
  const ruling = deps.policies.ruling(`approval.${approval.kind}`, run.oversight, run.strict_policy);
  if (ruling === null) return;
  const allowed = run.oversight === "autonomous" && ruling.value === "allow";
  // the database wants exactly this subject: the decision is about this gate and this digest
  const about = { run_id: approval.run_id, task_id: null, subject: `${approval.kind} ${approval.digest}` };
  const decision = allowed
    ? policyDecision(ruling.policy, "allow", { ...about, reason })
    : policyDecision(ruling.policy, "needs_approval", { ...about, reason: "the Director decides" });
  allDone(await deps.verbs.recordPolicyDecisions(tx, [decision]));
  if (!allowed) return;
  const settled = { approval_id: approval.id, status: "approved" as const, policy_decision_id: decision.id };
  allDone(await deps.verbs.settleApprovals(tx, [settled]));
}
