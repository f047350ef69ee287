import { readJson } from "@aura/shared/postgres/blobs";
import { VerificationReport } from "@aura/shared/schemas/verification-report";
import { countDeadApprovals, readSubjectApproval, type SubjectApproval } from "../db/orchestration-approvals.ts";
import type { Progress } from "../db/orchestration-progress.ts";
import { policyDecision } from "../policy-enforcer/decisions.ts";
import { taskLimits } from "../policy-enforcer/limits.ts";
import { draftApproval } from "./approval-draft.ts";
import { finishWithin } from "./finish.ts";
import { decideByPolicy } from "./policy-approval.ts";
import type { RunPosition } from "./run-status.ts";
import { sealFirst } from "./seal-first.ts";
import { stand } from "./stand.ts";
import { allDone, atomically, type StepDeps } from "./step.ts";

/**
 * Delivers a head whose assembly was accepted: asks for what only a person can say (the gate, inspections), and ends
 * the run once all of it is there. The database checks the whole condition again.
 */
export async function deliver(deps: StepDeps, progress: Progress): Promise<number> {
  const { inspections_open, inspections_failed, head_revision_id } = progress;
  if (inspections_failed.length > 0) {
    return stand(deps, progress, waiting("requirement_failed", `inspection failed: ${inspections_failed.join(", ")}`));
  }
  const policy = automaticPolicy(deps, progress);
  const approval = await readSubjectApproval(deps.pool, "delivery", head_revision_id ?? "");
  if (approval === null && policy === null) return askForDelivery(deps, progress);
  if (inspections_open.length > 0) {
    return stand(deps, progress, waiting("inspection_open", `to be confirmed: ${inspections_open.join(", ")}`));
  }
  if (policy !== null) return sealFirst(deps, progress, () => finish(deps, progress, null));
  if (approval?.status === "approved" && !approval.used)
    return sealFirst(deps, progress, () => finish(deps, progress, approval));
  if (approval?.status === "approved") return 0;
  return stand(deps, progress, waiting("delivery_approval", "look at the report and approve the delivery"));
}

function waiting(code: string, detail: string): RunPosition {
  return { status: "awaiting_director", code, detail };
}

/** The policy that lets an autonomous run deliver without asking; null: a person is asked. */
function automaticPolicy({ policies }: StepDeps, { oversight, strict_policy }: Progress) {
  if (oversight !== "autonomous") return null;
  const ruling = policies.ruling("approval.delivery", oversight, strict_policy);
  return ruling?.value === "allow" ? ruling.policy : null;
}

async function askForDelivery(deps: StepDeps, progress: Progress): Promise<number> {
  const { run_id, head_revision_id, assembly_report_sha256, assembly_verification_id } = progress;
  const subject_id = head_revision_id ?? "";
  const report = await readJson(deps.pool, assembly_report_sha256 ?? "", VerificationReport);
  const content = {
    kind: "delivery",
    revision_id: subject_id,
    tree_sha256: progress.head_tree_sha256,
    suite_id: progress.suite_id,
    verification_id: assembly_verification_id,
    report_sha256: assembly_report_sha256,
    verdicts: report.verdicts,
    inspections_open: progress.inspections_open,
  };
  const done = await atomically(deps, "ask for a delivery", async (tx) => {
    const occasion = String(await countDeadApprovals(tx, "delivery", subject_id));
    const subject = { run_id, kind: "delivery" as const, subject_id, occasion, question: null, content, digest: null };
    const approval = await draftApproval(tx, subject, taskLimits(deps.policies).approvalHours);
    allDone(await deps.verbs.openApprovals(tx, [approval]));
    await decideByPolicy(deps, tx, progress, approval, "the assembly was accepted");
    if (progress.status !== "delivering") {
      allDone(await deps.verbs.moveRuns(tx, [{ run_id, status: "delivering", code: null, detail: null }]));
    }
  });
  return done ? 1 : 0;
}

async function finish(deps: StepDeps, progress: Progress, approval: SubjectApproval | null): Promise<number> {
  const { run_id, head_revision_id } = progress;
  const policy = automaticPolicy(deps, progress);
  const done = await atomically(deps, "deliver a run", async (tx) => {
    if (approval !== null) allDone(await deps.verbs.useApprovals(tx, [approval]));
    if (approval === null && policy !== null) {
      const about = { run_id, task_id: null, subject: `delivery ${progress.head_tree_sha256}` };
      const reason = "the assembly was accepted and nothing is left to inspect";
      allDone(await deps.verbs.recordPolicyDecisions(tx, [policyDecision(policy, "allow", { ...about, reason })]));
    }
    allDone(await deps.verbs.moveRuns(tx, [{ run_id, status: "delivering", code: null, detail: null }]));
    const end = { run_id, status: "completed", stop_reason: "verified", revision_id: head_revision_id } as const;
    await finishWithin(deps, tx, end);
  });
  return done ? 1 : 0;
}
