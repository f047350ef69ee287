import { readJson } from "@aura/shared/postgres/blobs";
import { SuiteProduct } from "@aura/shared/schemas/suite-product";
import { VerificationReport } from "@aura/shared/schemas/verification-report";
import { DeltaProduct } from "@aura/shared/schemas/work-products";
import { readRunFacts, readRunTasks } from "../db/orchestration-specification.ts";
import { type Dispute, readDisputes, readTestRecords } from "../db/orchestration-submissions.ts";
import { isBetterAttempt } from "./best-attempt.ts";
import { closedRequirements, inheritedTests } from "./closing-tests.ts";
import { disputesToOpen } from "./dispute-choice.ts";
import { openDispute } from "./disputes.ts";
import type { JudgedSubmission } from "./judged-submission.ts";
import { allDone, atomically, type StepDeps } from "./step.ts";

/**
 * Acts on a failing verdict. A developer may have disputed tests that failed: those are judged first, while the task
 * stays submitted. Otherwise the attempt is rejected, which charges it, and remembered when it is the best so far.
 */
export async function rejectSubmission(deps: StepDeps, submission: JudgedSubmission): Promise<number> {
  if (submission.kind === "plan") return rejectPlan(deps, submission);
  if (submission.kind !== "implement") return reject(deps, submission, false);
  const disputes = await readDisputes(deps.pool, submission.run_id);
  if (disputes.some((dispute) => isAbout(dispute, submission) && isOpen(dispute))) return 0;
  const records = await readTestRecords(deps.pool, submission.request_id);
  const failed = records.filter((test) => test.outcome !== "pass").map((test) => test.test_id);
  const delta = await readJson(deps.pool, submission.product_sha256, DeltaProduct);
  const chosen = disputesToOpen(delta.disputes, failed, disputes, submission);
  if (chosen.length > 0) return openDispute(deps, submission, chosen);
  const best =
    submission.best_request_id === null ? null : await readTestRecords(deps.pool, submission.best_request_id);
  return reject(deps, submission, isBetterAttempt(best, records, await inheritedIds(deps, submission)));
}

/**
 * A plan that was rejected before and still needs what cannot be had is put before the Director at once: a third one
 * would cost and bring nothing, and no code is paid for.
 */
async function rejectPlan(deps: StepDeps, submission: JudgedSubmission): Promise<number> {
  const { findings } = await readJson(deps.pool, submission.report_sha256, VerificationReport);
  const refused = findings.filter(({ code }) => code === "dependency_unavailable").map(({ message }) => message);
  if (refused.length === 0 || submission.failures === 0) return reject(deps, submission, false);
  const detail = refused.join(" ").slice(0, 2000);
  const done = await atomically(deps, "reject a plan for good", async (tx) => {
    allDone(await deps.verbs.rejectTasks(tx, [submission]));
    const { task_id } = submission;
    allDone(await deps.verbs.escalateTasks(tx, [{ task_id, code: "dependency_unavailable", detail }]));
  });
  return done ? 1 : 0;
}

function isAbout(dispute: Dispute, submission: JudgedSubmission): boolean {
  return dispute.task_id === submission.task_id && dispute.attempt === submission.attempt;
}

/** A dispute whose judge was cancelled is over without a ruling: the test stands. */
function isOpen({ ruling, dispute_task_status: status }: Dispute): boolean {
  return ruling === null && status !== "cancelled" && status !== "failed";
}

async function reject(deps: StepDeps, submission: JudgedSubmission, isBest: boolean): Promise<number> {
  const done = await atomically(deps, "reject a submission", async (tx) => {
    if (isBest) allDone(await deps.verbs.markBestAttempts(tx, [submission]));
    allDone(await deps.verbs.rejectTasks(tx, [submission]));
  });
  return done ? 1 : 0;
}

async function inheritedIds({ pool }: StepDeps, submission: JudgedSubmission): Promise<ReadonlySet<string>> {
  const facts = await readRunFacts(pool, submission.run_id);
  if (facts.suite_sha256 === null) return new Set();
  const suite = await readJson(pool, facts.suite_sha256, SuiteProduct);
  const closed = closedRequirements(submission.task_id, await readRunTasks(pool, submission.run_id));
  return new Set(inheritedTests(suite.tests, closed).map((test) => test.id));
}
