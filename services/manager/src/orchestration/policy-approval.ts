import type { Oversight } from "@aura/shared/enums/run";
import type { Tx } from "@aura/shared/postgres/client";
import type { NewApproval } from "../db/orchestration-verbs.ts";
import { policyDecision } from "../policy-enforcer/decisions.ts";
import { allDone, type StepDeps } from "./step.ts";

/**
 * Approves an opened approval by policy where the run is autonomous and the policy allows it, and records which policy
 * that was. In every other run this does nothing: the database would refuse it.
 */
export async function decideByPolicy(
  deps: StepDeps,
  tx: Tx,
  run: { readonly oversight: Oversight; readonly strict_policy: boolean },
  approval: NewApproval,
  reason: string,
): Promise<void> {
  if (run.oversight !== "autonomous") return;
  const ruling = deps.policies.ruling(`approval.${approval.kind}`, run.oversight, run.strict_policy);
  if (ruling?.value !== "allow") return;
  // the database wants exactly this subject: the decision is about this gate and this digest
  const about = { run_id: approval.run_id, task_id: null, subject: `${approval.kind} ${approval.digest}`, reason };
  const decision = policyDecision(ruling.policy, "allow", about);
  allDone(await deps.verbs.recordPolicyDecisions(tx, [decision]));
  const settled = { approval_id: approval.id, status: "approved" as const, policy_decision_id: decision.id };
  allDone(await deps.verbs.settleApprovals(tx, [settled]));
}
