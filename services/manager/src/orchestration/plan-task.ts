import { derivedId } from "@aura/shared/models/ids";
import { putJson } from "@aura/shared/postgres/blobs";
import type { Tx } from "@aura/shared/postgres/client";
import { TaskSpec } from "@aura/shared/schemas/task-spec";
import type { NewTask } from "../db/orchestration-verbs.ts";
import { allDone, type StepDeps } from "./step.ts";

export interface PlanOccasion {
  readonly run_id: string;
  /** 1 for the first plan of a run. */
  readonly number: number;
  /** What the Director asked to be changed, or why repair inside the approved plan is not possible. */
  readonly note: string | null;
  /** The failed verification that made a revision necessary. */
  readonly verification_id: string | null;
}

/** Adds the task that makes (or revises) the plan of a run. */
export async function addPlanTask(deps: StepDeps, tx: Tx, occasion: PlanOccasion): Promise<void> {
  const { run_id, number, note, verification_id } = occasion;
  const key = number === 1 ? "PLAN" : `PLAN-${number}`;
  const spec_sha256 = await putJson(tx, TaskSpec.parse({ note, verification_id }));
  const title = number === 1 ? "Design and plan" : `Revise the plan (${number})`;
  allDone(
    await deps.verbs.addTasks(tx, run_id, [
      { ...EMPTY, id: taskId(run_id, key), kind: "plan", key, title, spec_sha256 },
    ]),
  );
}

/** Tasks are named by run and key, so that a task added again after a crash is the same one. */
export function taskId(runId: string, key: string): string {
  return derivedId(runId, key);
}

const EMPTY: Omit<NewTask, "id" | "kind" | "key" | "title" | "spec_sha256"> = {
  priority: 0,
  depends_on: [],
  usd_limit: null,
  tokens_limit: null,
  repairs_task_id: null,
  disputes_test_ids: [],
  requirements: [],
};
