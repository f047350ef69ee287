import { readStoppedTasks } from "../../db/orchestration-tasks.ts";
import { countDone, type Step } from "../step.ts";
import { SURVIVORS_KEY } from "../survivors.ts";

/**
 * A test author who cannot answer for survivors holds nothing up: where the Director would be asked about the task, it is
 * cancelled, and the accepted product is delivered with its survivors in the report.
 */
export const dropSurvivorTasks: Step = {
  name: "drop_survivor_tasks",
  async run({ pool, verbs, log }) {
    const stopped = await readStoppedTasks(pool, SURVIVORS_KEY);
    if (stopped.length === 0) return 0;
    const items = stopped.map(({ task_id }) => ({ task_id, code: "survivors_accepted" }));
    return countDone(log, "cancel_tasks", await verbs.cancelTasks(pool, items));
  },
};
