import { changedPaths } from "@aura/shared/models/tree";
import { readJson, readTree } from "@aura/shared/postgres/blobs";
import { DeltaProduct } from "@aura/shared/schemas/work-products";
import { countDeadApprovals, readSubjectApproval, type SubjectApproval } from "../db/orchestration-approvals.ts";
import { taskLimits } from "../policy-enforcer/limits.ts";
import { draftApproval } from "./approval-draft.ts";
import type { JudgedSubmission } from "./judged-submission.ts";
import { decideByPolicy } from "./policy-approval.ts";
import { allDone, atomically, countDone, type StepDeps } from "./step.ts";
import { headNow } from "./submission-tree.ts";
import { workAgain } from "./work-again.ts";

/**
 * Lands an accepted change and verifies its task, both or neither: the database refuses unless the verification's base
 * is still the head. A locked run asks the Director before each landing.
 */
export async function landSubmission(deps: StepDeps, submission: JudgedSubmission): Promise<number> {
  if (submission.oversight !== "locked") return land(deps, submission, null);
  const approval = await readSubjectApproval(deps.pool, "landing", submission.request_id);
  if (approval === null) return askForLanding(deps, submission);
  switch (approval.status) {
    case "approved":
      return approval.used ? 0 : land(deps, submission, approval);
    case "changes_requested":
      return submission.overridden ? refuseOverride(deps, submission, approval) : sendBack(deps, submission);
    case "rejected":
      return submission.overridden
        ? refuseOverride(deps, submission, approval)
        : escalateRefusal(deps, submission, approval);
    default:
      return 0;
  }
}

async function land(deps: StepDeps, submission: JudgedSubmission, approval: SubjectApproval | null): Promise<number> {
  const { verification_id, key, title, overridden } = submission;
  const message = `${key}: ${title}${overridden ? " (verdict overridden)" : ""}`;
  const done = await atomically(deps, "land a change", async (tx) => {
    if (approval !== null) allDone(await deps.verbs.useApprovals(tx, [approval]));
    allDone(await deps.verbs.landRevisions(tx, [{ verification_id, message }]));
    if (!overridden) allDone(await deps.verbs.verifyTasks(tx, [submission]));
  });
  return done ? 1 : 0;
}

async function askForLanding(deps: StepDeps, submission: JudgedSubmission): Promise<number> {
  const { run_id, request_id, verification_id, key, title, request_tree_sha256, product_sha256 } = submission;
  const delta = await readJson(deps.pool, product_sha256, DeltaProduct);
  const head = await headNow(deps.pool, submission.head_revision_id);
  const tree = await readTree(deps.pool, request_tree_sha256 ?? "");
  const content = {
    kind: "landing",
    task_key: key,
    title,
    summary: delta.summary,
    changed_paths: changedPaths(head, tree),
    tree_sha256: request_tree_sha256,
    verification_id,
    report_sha256: submission.report_sha256,
  };
  const done = await atomically(deps, "ask for a landing", async (tx) => {
    const occasion = String(await countDeadApprovals(tx, "landing", request_id));
    const subject = {
      run_id,
      kind: "landing" as const,
      subject_id: request_id,
      occasion,
      question: null,
      digest: null,
    };
    const approval = await draftApproval(tx, { ...subject, content }, taskLimits(deps.policies).approvalHours);
    allDone(await deps.verbs.openApprovals(tx, [approval]));
    await decideByPolicy(deps, tx, submission, approval, "the Auditor judged the change");
  });
  return done ? 1 : 0;
}

/** The Director's newer word: the change that was declared verified does not land as it is, and is done again. */
function refuseOverride(deps: StepDeps, submission: JudgedSubmission, approval: SubjectApproval): Promise<number> {
  const reason = approval.decision_reason ?? "no reason given";
  return workAgain(deps, submission, `The Director did not let it land: ${reason}`);
}

/** The Director wants it changed: the reason goes into the next attempt's context, and nobody is charged. */
async function sendBack({ pool, verbs, log }: StepDeps, submission: JudgedSubmission): Promise<number> {
  const items = [{ task_id: submission.task_id, code: "changes_requested", charged: false }];
  return countDone(log, "requeue_tasks", await verbs.requeueTasks(pool, items));
}

async function escalateRefusal(
  { pool, verbs, log }: StepDeps,
  submission: JudgedSubmission,
  approval: SubjectApproval,
): Promise<number> {
  const detail = `the Director refused the landing: ${approval.decision_reason ?? "no reason given"}`;
  const items = [{ task_id: submission.task_id, code: "stuck", detail }];
  return countDone(log, "escalate_tasks", await verbs.escalateTasks(pool, items));
}
