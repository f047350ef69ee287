import { type Progress, readProgress } from "../../db/orchestration-progress.ts";
import { readOpenTaskIds } from "../../db/orchestration-runs.ts";
import { finishRun } from "../finish.ts";
import { phaseOf } from "../run-status.ts";
import { countDone, forEach, type Step, type StepDeps } from "../step.ts";
import { requestAssembly } from "./assembly.ts";

/** Seconds that a partial delivery waits for the judgement of exactly what it hands over. */
const JUDGEMENT_S = 600;

/** What the Director wants as it is: open work is cancelled, the best revision judged as a whole and handed over. */
export const deliverPartially: Step = {
  name: "deliver_partially",
  async run(deps) {
    const runs = (await readProgress(deps.pool)).filter((progress) => phaseOf(progress) === "partial");
    return forEach(deps, "deliver partially", runs, (progress) => deliver(deps, progress));
  },
};

async function deliver(deps: StepDeps, progress: Progress): Promise<number> {
  const { run_id, head_revision_id, suite_id, assembly_request_id } = progress;
  if (progress.open_tasks > 0) return cancelOpen(deps, run_id);
  if (suite_id !== null && assembly_request_id === null) return requestAssembly(deps, progress, 0);
  const isJudged = progress.assembly_outcome !== null || suite_id === null;
  if (!isJudged && (progress.assembly_requested_s_ago ?? 0) < JUDGEMENT_S) return 0;
  return finishRun(deps, { run_id, status: "completed", stop_reason: "partial", revision_id: head_revision_id });
}

async function cancelOpen({ pool, verbs, log }: StepDeps, runId: string): Promise<number> {
  const items = (await readOpenTaskIds(pool, runId)).map((task_id) => ({ task_id, code: "deliver_partial" }));
  return countDone(log, "cancel_tasks", await verbs.cancelTasks(pool, items));
}
