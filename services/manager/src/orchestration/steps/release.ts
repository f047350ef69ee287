import { readDeadlocked, readReleasable } from "../../db/orchestration-tasks.ts";
import { countDone, type Step } from "../step.ts";

/** Blocked tasks become ready once everything they depend on is verified. */
export const releaseBlocked: Step = {
  name: "release_blocked",
  urgent: true,
  async run({ pool, verbs, log }) {
    const due = await readReleasable(pool);
    if (due.length === 0) return 0;
    const ids = due.map(({ task_id }) => task_id);
    return countDone(log, "release_tasks", await verbs.releaseTasks(pool, ids));
  },
};

/** Blocked tasks that can never become ready are put before the Director. */
export const escalateDeadlocked: Step = {
  name: "escalate_deadlocked",
  async run({ pool, verbs, log }) {
    const stuck = await readDeadlocked(pool);
    if (stuck.length === 0) return 0;
    return countDone(log, "escalate_tasks", await verbs.escalateTasks(pool, stuck));
  },
};
