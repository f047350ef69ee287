import { putJson, readJson } from "@aura/shared/postgres/blobs";
import type { Survivor } from "@aura/shared/schemas/survivors";
import { TaskSpec } from "@aura/shared/schemas/task-spec";
import { VerificationReport } from "@aura/shared/schemas/verification-report";
import { readSubjectApproval } from "../db/orchestration-approvals.ts";
import type { Progress } from "../db/orchestration-progress.ts";
import { type AdoptedRequirement, readRequirements, readRunTasks } from "../db/orchestration-specification.ts";
import { policyDecision } from "../policy-enforcer/decisions.ts";
import type { Policy } from "../policy-enforcer/policies.ts";
import { draft } from "./planned-tasks.ts";
import { allDone, atomically, type StepDeps } from "./step.ts";
import { returningPolicy, SURVIVORS_KEY, survivorsToReturn } from "./survivors.ts";

/**
 * Once in a run, before anybody is asked for its delivery: what no test noticed in the accepted product goes back to a test
 * author, who adds tests or says why there are none to add.
 *
 * @returns null when there is nothing to return: the product is delivered
 */
export async function returnSurvivors(deps: StepDeps, progress: Progress): Promise<number | null> {
  const { run_id, provider, suite_id, head_revision_id, assembly_report_sha256 } = progress;
  const policy = returningPolicy(deps.policies, provider);
  if (policy === null || suite_id === null || assembly_report_sha256 === null) return null;
  if ((await readSubjectApproval(deps.pool, "delivery", head_revision_id ?? "")) !== null) return null;
  if ((await readRunTasks(deps.pool, run_id)).some(({ key }) => key === SURVIVORS_KEY)) return null;
  const { mutation } = await readJson(deps.pool, assembly_report_sha256, VerificationReport);
  const requirements = await readRequirements(deps.pool, run_id);
  const survivors = survivorsToReturn(mutation, requirements);
  return survivors.length === 0 ? null : addTask(deps, progress, policy, survivors, requirements);
}

async function addTask(
  deps: StepDeps,
  { run_id, head_tree_sha256 }: Progress,
  policy: Policy,
  survivors: readonly Survivor[],
  requirements: readonly AdoptedRequirement[],
): Promise<number> {
  const keys = new Set(survivors.flatMap(({ requirement_ids }) => requirement_ids));
  const concerned = requirements.filter(({ content }) => keys.has(content.id));
  const { spec, ...task } = draft(run_id, SURVIVORS_KEY, "acceptance_tests", "Test what no test noticed", {
    spec: TaskSpec.parse({ requirement_ids: concerned.map(({ content }) => content.id), survivors }),
    requirements: concerned.map(({ requirement_id }) => ({ requirement_id, closes: false })),
  });
  const done = await atomically(deps, "return survivors", async (tx) => {
    allDone(await deps.verbs.addTasks(tx, run_id, [{ ...task, spec_sha256: await putJson(tx, spec) }]));
    const about = { run_id, task_id: task.id, subject: `survivors of ${head_tree_sha256}` };
    const reason = `no test noticed ${survivors.length} changes of the accepted product`;
    allDone(await deps.verbs.recordPolicyDecisions(tx, [policyDecision(policy, "allow", { ...about, reason })]));
  });
  return done ? 1 : 0;
}
