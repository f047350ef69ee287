import { derivedId } from "@aura/shared/models/ids";
import { putJson, readJson } from "@aura/shared/postgres/blobs";
import type { Tx } from "@aura/shared/postgres/client";
import { RequirementsProduct } from "@aura/shared/schemas/requirements-product";
import { SuiteProduct } from "@aura/shared/schemas/suite-product";
import { TaskSpec } from "@aura/shared/schemas/task-spec";
import { readPlanRevisions, readRunFacts, readSuite } from "../db/orchestration-specification.ts";
import { readDisputes } from "../db/orchestration-submissions.ts";
import { policyDecision } from "../policy-enforcer/decisions.ts";
import { questionRuling } from "../policy-enforcer/questions.ts";
import { dispositionsOf } from "./dispositions.ts";
import type { JudgedSubmission } from "./judged-submission.ts";
import { addPlanTask } from "./plan-task.ts";
import { askQuestions } from "./questions.ts";
import { allDone, atomically, type StepDeps } from "./step.ts";
import { replacedTests } from "./suite-merge.ts";

/** Accepted requirements are adopted and planned, unless open questions have to be answered first. */
export async function adoptRequirements(deps: StepDeps, submission: JudgedSubmission): Promise<number> {
  const product = await readJson(deps.pool, submission.product_sha256, RequirementsProduct);
  const ruling = questionRuling(deps.policies, submission);
  if (product.questions.length > 0 && ruling.value === "block" && !submission.overridden)
    return askQuestions(deps, submission, product.questions);
  const done = await atomically(deps, "adopt requirements", async (tx) => {
    await verify(deps, tx, submission);
    await storeRequirements(deps, tx, submission, product);
    if (product.questions.length > 0 && ruling.policy !== null) {
      const subject = `${product.questions.length} open questions of ${submission.key}`;
      const about = { run_id: submission.run_id, task_id: submission.task_id, subject };
      const reason = "the analyst goes on with its assumptions";
      allDone(
        await deps.verbs.recordPolicyDecisions(tx, [policyDecision(ruling.policy, "allow", { ...about, reason })]),
      );
    }
    await addPlanTask(deps, tx, { run_id: submission.run_id, number: 1, note: null, verification_id: null });
  });
  return done ? 1 : 0;
}

/** Nothing to do where the Director's word has verified the task already. */
async function verify(deps: StepDeps, tx: Tx, submission: JudgedSubmission): Promise<void> {
  if (!submission.overridden) allDone(await deps.verbs.verifyTasks(tx, [submission]));
}

async function storeRequirements(deps: StepDeps, tx: Tx, submission: JudgedSubmission, product: RequirementsProduct) {
  const { run_id, verification_id } = submission;
  const requirements = [];
  for (const requirement of product.requirements) {
    const { id: key, kind, priority, verification_method, block_ids } = requirement;
    const content_sha256 = await putJson(tx, requirement);
    const id = derivedId("requirement", run_id, key);
    requirements.push({ id, key, kind, priority, verification_method, block_ids, content_sha256 });
  }
  const dispositions = dispositionsOf(product);
  allDone(await deps.verbs.adoptRequirements(tx, { run_id, verification_id, requirements, dispositions }));
}

/** An accepted plan becomes the run's plan; its gate is opened by a step of its own. */
export async function adoptPlan(deps: StepDeps, submission: JudgedSubmission): Promise<number> {
  const { run_id, verification_id, product_sha256 } = submission;
  const done = await atomically(deps, "adopt a plan", async (tx) => {
    await verify(deps, tx, submission);
    const revision = (await readPlanRevisions(tx, run_id)).length + 1;
    const id = derivedId("plan", run_id, String(revision));
    const plan = { id, run_id, revision, content_sha256: product_sha256, verification_id };
    allDone(await deps.verbs.adoptPlan(tx, plan));
  });
  return done ? 1 : 0;
}

/** An accepted suite is adopted as the next version; disputes that it judged get their rulings. */
export async function adoptSuite(deps: StepDeps, submission: JudgedSubmission): Promise<number> {
  const { run_id, task_id, verification_id, agent_id } = submission;
  const content_sha256 = submission.request_product_sha256 ?? submission.product_sha256;
  const suite = await readJson(deps.pool, content_sha256, SuiteProduct);
  const replaced = replacedTests(suite, new Set(submission.disputes_test_ids));
  const isDispute = submission.disputes_test_ids.length > 0;
  const isSame = !isDispute && (await addsNothing(deps, submission, suite));
  const done = await atomically(deps, "adopt a suite", async (tx) => {
    await verify(deps, tx, submission);
    if (isDispute ? replaced.size > 0 : !isSame) {
      const version = ((await readRunFacts(tx, run_id)).suite_version ?? 0) + 1;
      const id = derivedId("suite", run_id, String(version));
      const next = { id, run_id, version, content_sha256, verification_id, author_agent_id: agent_id };
      allDone(await deps.verbs.adoptSuite(tx, { ...next, replaces_test_ids: [...replaced].sort() }));
    }
    if (isDispute) await ruleDisputes(deps, tx, run_id, task_id, replaced);
  });
  return done ? 1 : 0;
}

/** An author who answers for survivors may find that there is no test to add: the suite in force stays. */
async function addsNothing({ pool }: StepDeps, submission: JudgedSubmission, suite: SuiteProduct): Promise<boolean> {
  const { survivors } = await readJson(pool, submission.spec_sha256, TaskSpec);
  if (survivors === undefined) return false;
  const inForce = await readSuite(pool, await readRunFacts(pool, submission.run_id));
  return inForce?.tests.length === suite.tests.length;
}

async function ruleDisputes(deps: StepDeps, tx: Tx, runId: string, disputeTaskId: string, replaced: Set<string>) {
  const disputes = (await readDisputes(tx, runId)).filter((dispute) => dispute.dispute_task_id === disputeTaskId);
  const rulings = disputes.map(({ dispute_id, test_id }) => ({
    dispute_id,
    ruling: replaced.has(test_id) ? ("replaced" as const) : ("upheld" as const),
  }));
  allDone(await deps.verbs.ruleDisputes(tx, rulings));
}

/** A review ends when the Auditor found it well-formed: it adds doubt to the report and decides nothing. */
export async function verifyReview(deps: StepDeps, submission: JudgedSubmission): Promise<number> {
  const done = await atomically(deps, "verify a review", async (tx) => {
    await verify(deps, tx, submission);
  });
  return done ? 1 : 0;
}
