import { derivedId } from "@aura/shared/models/ids";
import { putJson, readJson } from "@aura/shared/postgres/blobs";
import { SubmittedSuite } from "@aura/shared/schemas/survivors";
import { TaskSpec } from "@aura/shared/schemas/task-spec";
import { readRunFacts, readSuite } from "../../db/orchestration-specification.ts";
import { readSubmissions, type Submission } from "../../db/orchestration-submissions.ts";
import type { NewRequest } from "../../db/orchestration-verbs.ts";
import { taskLimits } from "../../policy-enforcer/limits.ts";
import { needsRequest } from "../judgement.ts";
import { countDone, forEach, type Step, type StepDeps } from "../step.ts";
import { submissionTree } from "../submission-tree.ts";
import { mergeSuite } from "../suite-merge.ts";
import { openRequirements } from "../survivors.ts";

/**
 * Asks the Auditor to judge what was submitted: for the first time, on the head or the suite of now when it moved, or
 * again after a judgement without a conclusion. A change that conflicts with the head goes back, uncharged.
 */
export const requestVerifications: Step = {
  name: "request_verifications",
  urgent: true,
  async run(deps) {
    const retries = taskLimits(deps.policies).verificationRetries;
    const due = (await readSubmissions(deps.pool)).flatMap((submission) => {
      const retry = needsRequest(submission, retries);
      return retry === null ? [] : [{ ...submission, retry }];
    });
    return forEach(deps, "request a verification", due, (submission) => request(deps, submission, submission.retry));
  },
};

async function request(deps: StepDeps, submission: Submission, retry: number): Promise<number> {
  if (submission.kind === "implement") return requestOnHead(deps, submission, retry, () => sendBack(deps, submission));
  const product = await judgedProduct(deps, submission);
  return send(deps, { ...requestOf(submission, retry), product_sha256: product });
}

/** Asks for the judgement of a change carried over to the head, unless a path of it was changed there, too. */
export async function requestOnHead(
  deps: StepDeps,
  submission: Submission,
  retry: number,
  onConflict: (paths: readonly string[]) => Promise<number>,
): Promise<number> {
  const result = await submissionTree(deps.pool, submission);
  if (result.kind === "conflict") return onConflict(result.paths);
  return send(deps, { ...requestOf(submission, retry), tree_sha256: result.tree_sha256 });
}

async function sendBack({ pool, verbs, log }: StepDeps, { task_id }: Submission): Promise<number> {
  const items = [{ task_id, code: "head_conflict", charged: false }];
  return countDone(log, "requeue_tasks", await verbs.requeueTasks(pool, items));
}

async function send({ pool, verbs, log }: StepDeps, request: NewRequest): Promise<number> {
  return countDone(log, "request_verifications", await verbs.requestVerifications(pool, [request]));
}

function requestOf(submission: Submission, retry: number): NewRequest {
  const { run_id, kind, task_id, attempt, claim_id, product_sha256, plan_id, suite_id, head_revision_id } = submission;
  const onHead = kind === "implement" || kind === "review";
  const base_revision_id = onHead ? head_revision_id : null;
  const parts = [task_id, String(attempt), base_revision_id ?? "", suite_id ?? "", String(retry)];
  return {
    id: derivedId("verification-request", ...parts),
    run_id,
    kind,
    task_id,
    attempt,
    claim_id,
    product_sha256,
    base_revision_id,
    tree_sha256: null,
    plan_id: kind === "requirements" || kind === "plan" ? null : plan_id,
    suite_id,
    retry,
  };
}

/** A test author's product counts as the whole suite that results from it; other products are judged as they are. */
async function judgedProduct({ pool }: StepDeps, submission: Submission): Promise<string> {
  if (submission.kind !== "acceptance_tests") return submission.product_sha256;
  const facts = await readRunFacts(pool, submission.run_id);
  const [previous, product, spec] = await Promise.all([
    readSuite(pool, facts),
    readJson(pool, submission.product_sha256, SubmittedSuite),
    readJson(pool, submission.spec_sha256, TaskSpec),
  ]);
  const open = openRequirements(spec);
  return putJson(pool, mergeSuite(previous, product, open, new Set(submission.disputes_test_ids)));
}
