import { derivedId } from "@aura/shared/models/ids";
import { putJson, readJson } from "@aura/shared/postgres/blobs";
import { TaskSpec } from "@aura/shared/schemas/task-spec";
import { type Progress, readProgress } from "../../db/orchestration-progress.ts";
import { countPlanTasksBefore } from "../../db/orchestration-runs.ts";
import { readRequirements, readRunTasks } from "../../db/orchestration-specification.ts";
import { taskLimits } from "../../policy-enforcer/limits.ts";
import { decideAssembly } from "../assembly-decision.ts";
import { deliver } from "../delivery.ts";
import { addPlanTask } from "../plan-task.ts";
import { planRepairs, type RepairPlan } from "../repairs.ts";
import { phaseOf, type RunPosition } from "../run-status.ts";
import { stand } from "../stand.ts";
import { allDone, atomically, countDone, forEach, type Step, type StepDeps } from "../step.ts";
import { returnSurvivors } from "../survivor-task.ts";

/** Has the landed head of each run without open tasks judged as a whole, and repairs or delivers it. */
export const assemble: Step = {
  name: "assemble",
  async run(deps) {
    const done = (await readProgress(deps.pool)).filter((progress) => phaseOf(progress) === "assembly");
    return forEach(deps, "assemble a run", done, (progress) => advance(deps, progress));
  },
};

async function advance(deps: StepDeps, progress: Progress): Promise<number> {
  const decision = decideAssembly(progress, taskLimits(deps.policies).verificationRetries);
  switch (decision.kind) {
    case "request":
      return (await requestAssembly(deps, progress, decision.retry)) + (await stand(deps, progress, EXECUTING));
    case "wait":
      return stand(deps, progress, EXECUTING);
    case "deliver":
      return (await returnSurvivors(deps, progress)) ?? deliver(deps, progress);
    case "repair":
      return repair(deps, progress);
    case "ask":
      return stand(deps, progress, { status: "awaiting_director", code: decision.code, detail: decision.detail });
  }
}

const EXECUTING: RunPosition = { status: "executing", code: null, detail: null };

/** Asks for the judgement of the landed head by the whole suite, or by what is left where tests judge nothing. */
export async function requestAssembly(
  { pool, verbs, log }: StepDeps,
  progress: Progress,
  retry: number,
): Promise<number> {
  const { run_id, head_revision_id, head_tree_sha256, suite_id, plan_id } = progress;
  const parts = [run_id, head_revision_id ?? "", suite_id ?? "", String(retry)];
  const request = {
    id: derivedId("assembly-request", ...parts),
    run_id,
    kind: "assembly" as const,
    task_id: null,
    attempt: null,
    claim_id: null,
    product_sha256: null,
    base_revision_id: head_revision_id,
    tree_sha256: head_tree_sha256,
    plan_id,
    suite_id,
    retry,
  };
  return countDone(log, "request_verifications", await verbs.requestVerifications(pool, [request]));
}

async function repair(deps: StepDeps, progress: Progress): Promise<number> {
  const plan = await repairPlan(deps, progress);
  if (plan.kind === "under_way") return 0;
  if (plan.kind === "ask") {
    return stand(deps, progress, { status: "awaiting_director", code: "requirement_failed", detail: plan.detail });
  }
  const { run_id, assembly_verification_id: verification_id } = progress;
  const done = await atomically(deps, "repair a run", async (tx) => {
    if (plan.kind === "revise") {
      const number = (await countPlanTasksBefore(tx, run_id, verification_id ?? "")) + 1;
      return addPlanTask(deps, tx, { run_id, number, note: plan.note, verification_id });
    }
    const rows = [];
    for (const { spec, ...task } of plan.add) rows.push({ ...task, spec_sha256: await putJson(tx, spec) });
    allDone(await deps.verbs.addTasks(tx, run_id, rows));
  });
  return done ? 1 : 0;
}

async function repairPlan({ pool, policies }: StepDeps, progress: Progress): Promise<RepairPlan> {
  const { run_id, failed_keys, untested_keys, assembly_verification_id } = progress;
  const tasks = await readRunTasks(pool, run_id);
  const specs = new Map<string, TaskSpec>();
  for (const task of tasks) specs.set(task.id, await readJson(pool, task.spec_sha256, TaskSpec));
  return planRepairs({
    run_id,
    verification_id: assembly_verification_id ?? "",
    failed_keys,
    untested_keys,
    requirements: await readRequirements(pool, run_id),
    tasks,
    specs,
    roundsMax: taskLimits(policies).repairRounds,
  });
}
