import { derivedId } from "@aura/shared/models/ids";
import { putJson, readJson } from "@aura/shared/postgres/blobs";
import { SuiteProduct } from "@aura/shared/schemas/suite-product";
import { TaskSpec } from "@aura/shared/schemas/task-spec";
import type { DeltaProduct } from "@aura/shared/schemas/work-products";
import { readRequirements, readRunFacts } from "../db/orchestration-specification.ts";
import type { JudgedSubmission } from "./judged-submission.ts";
import { taskId } from "./plan-task.ts";
import { allDone, atomically, type StepDeps } from "./step.ts";

/** Opens a task in which a test author, who never sees the code, upholds or replaces the disputed tests. */
export async function openDispute(
  deps: StepDeps,
  submission: JudgedSubmission,
  disputes: DeltaProduct["disputes"],
): Promise<number> {
  const { run_id, task_id, key: disputedKey, attempt } = submission;
  const key = `DISPUTE-${disputedKey}-${attempt}`;
  const id = taskId(run_id, key);
  const testIds = disputes.map((dispute) => dispute.test_id);
  const wanted = await requirementsOf(deps, run_id, testIds);
  const done = await atomically(deps, "open a dispute", async (tx) => {
    const spec = TaskSpec.parse({ requirement_ids: wanted.map(({ content }) => content.id) });
    const task = {
      id,
      kind: "acceptance_tests" as const,
      key,
      title: `Judge the disputed tests ${testIds.join(", ")}`.slice(0, 200),
      spec_sha256: await putJson(tx, spec),
      priority: 1,
      depends_on: [],
      usd_limit: null,
      tokens_limit: null,
      repairs_task_id: null,
      disputes_test_ids: testIds,
      requirements: wanted.map(({ requirement_id }) => ({ requirement_id, closes: false })),
    };
    allDone(await deps.verbs.addTasks(tx, run_id, [task]));
    const rows = disputes.map(({ test_id, basis }) => {
      const dispute_id = derivedId("dispute", task_id, String(attempt), test_id);
      return { id: dispute_id, run_id, task_id, attempt, test_id, basis, dispute_task_id: id };
    });
    allDone(await deps.verbs.openDisputes(tx, rows));
  });
  return done ? 1 : 0;
}

async function requirementsOf({ pool }: StepDeps, runId: string, testIds: readonly string[]) {
  const facts = await readRunFacts(pool, runId);
  const suite = await readJson(pool, facts.suite_sha256 ?? "", SuiteProduct);
  const disputed = new Set(testIds);
  const keys = new Set(suite.tests.filter(({ id }) => disputed.has(id)).flatMap((test) => test.requirement_ids));
  return (await readRequirements(pool, runId)).filter(({ content }) => keys.has(content.id));
}
