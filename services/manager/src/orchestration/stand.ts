import type { Progress } from "../db/orchestration-progress.ts";
import { moves, type RunPosition } from "./run-status.ts";
import { countDone, type StepDeps } from "./step.ts";

/** Puts a run where it should stand, unless it is stuck. @returns 0 when it stands there already */
export async function stand(
  { pool, verbs, log, failures }: StepDeps,
  progress: Progress,
  position: RunPosition,
): Promise<number> {
  if (failures.stuckIn(progress.run_id) !== null || !moves(progress, position)) return 0;
  return countDone(log, "move_runs", await verbs.moveRuns(pool, [{ run_id: progress.run_id, ...position }]));
}
