import type { RunStatus, StopReason } from "@aura/shared/enums/run";
import type { Tx } from "@aura/shared/postgres/client";
import { readOpenTasks } from "../db/orchestration-runs.ts";
import { allDone, atomically, type StepDeps } from "./step.ts";

export interface RunEnd {
  readonly run_id: string;
  readonly status: RunStatus;
  readonly stop_reason: StopReason;
  /** What is delivered; null: nothing. */
  readonly revision_id: string | null;
}

/** Ends a run and, first and in the same transaction, what is still open. */
export async function finishRun(deps: StepDeps, end: RunEnd): Promise<number> {
  const done = await atomically(deps, "finish a run", (tx) => finishWithin(deps, tx, end));
  return done ? 1 : 0;
}

export async function finishWithin(deps: StepDeps, tx: Tx, end: RunEnd): Promise<void> {
  await endOpenTasks(deps, tx, end.run_id, "run_ended");
  allDone(await deps.verbs.finishRuns(tx, [end]));
}

/** What stood before the Director did not make it and is `failed`; what was on its way is `cancelled`. @returns how many */
export async function endOpenTasks({ verbs }: StepDeps, tx: Tx, runId: string, code: string): Promise<number> {
  const open = await readOpenTasks(tx, runId);
  const items = (stuck: boolean) =>
    open.filter((task) => task.stuck === stuck).map(({ task_id }) => ({ task_id, code }));
  if (items(true).length > 0) allDone(await verbs.failTasks(tx, items(true)));
  if (items(false).length > 0) allDone(await verbs.cancelTasks(tx, items(false)));
  return open.length;
}
