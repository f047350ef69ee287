import { derivedId } from "@aura/shared/models/ids";
import {
  type ExpiredApproval,
  readExpiredApprovals,
  readExpiry,
  readPointlessApprovals,
} from "../../db/orchestration-approvals.ts";
import { taskLimits } from "../../policy-enforcer/limits.ts";
import { decideByPolicy } from "../policy-approval.ts";
import { allDone, atomically, countDone, forEach, type Step, type StepDeps } from "../step.ts";

/** An approval that nobody decided or used in time is issued again, under the same digest; a plan's by the step that opens gates. */
export const reissueExpired: Step = {
  name: "reissue_expired_approvals",
  async run(deps) {
    const expired = await readExpiredApprovals(deps.pool);
    return forEach(deps, "issue an approval again", expired, (approval) => reissue(deps, approval));
  },
};

async function reissue(deps: StepDeps, approval: ExpiredApproval): Promise<number> {
  const { approval_id, oversight, strict_policy, ...same } = approval;
  const done = await atomically(deps, "issue an approval again", async (tx) => {
    const settled = { approval_id, status: "expired" as const, policy_decision_id: null };
    allDone(await deps.verbs.settleApprovals(tx, [settled]));
    if (approval.kind === "plan") return;
    const expires_at = await readExpiry(tx, taskLimits(deps.policies).approvalHours);
    const again = { ...same, id: derivedId(approval_id, "again"), expires_at };
    allDone(await deps.verbs.openApprovals(tx, [again]));
    await decideByPolicy(deps, tx, { oversight, strict_policy }, again, "it was approved before and is as it was");
  });
  return done ? 1 : 0;
}

/** Approvals about something that is not up for decision any more are voided, so that nobody decides in vain. */
export const voidPointless: Step = {
  name: "void_pointless_approvals",
  async run({ pool, verbs, log }) {
    const pointless = await readPointlessApprovals(pool);
    if (pointless.length === 0) return 0;
    const items = pointless.map((item) => ({ ...item, status: "voided" as const, policy_decision_id: null }));
    return countDone(log, "settle_approvals", await verbs.settleApprovals(pool, items));
  },
};
