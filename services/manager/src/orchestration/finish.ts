import type { RunStatus, StopReason } from "@aura/shared/enums/run";
import type { Tx } from "@aura/shared/postgres/client";
import { readOpenTaskIds } from "../db/orchestration-runs.ts";
import { allDone, atomically, type StepDeps } from "./step.ts";

export interface RunEnd {
  readonly run_id: string;
  readonly status: RunStatus;
  readonly stop_reason: StopReason;
  /** What is delivered; null: nothing. */
  readonly revision_id: string | null;
}

/** Ends a run: what is still open is cancelled first, in the same transaction. */
export async function finishRun(deps: StepDeps, end: RunEnd): Promise<number> {
  const done = await atomically(deps, "finish a run", (tx) => finishWithin(deps, tx, end));
  return done ? 1 : 0;
}

export async function finishWithin(deps: StepDeps, tx: Tx, end: RunEnd): Promise<void> {
  const open = await readOpenTaskIds(tx, end.run_id);
  if (open.length > 0) {
    const items = open.map((task_id) => ({ task_id, code: "run_ended" }));
    allDone(await deps.verbs.cancelTasks(tx, items));
  }
  allDone(await deps.verbs.finishRuns(tx, [end]));
}
