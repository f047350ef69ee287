import { readRetriable, readTasksOverLimits } from "../../db/orchestration-tasks.ts";
import { taskLimits } from "../../policy-enforcer/limits.ts";
import { countDone, type Step } from "../step.ts";

/** Tasks that used up their failures, or that killed too many holders, wait for the Director. */
export const escalateOverLimits: Step = {
  name: "escalate_over_limits",
  async run({ pool, verbs, log, policies }) {
    const { failures, deaths } = taskLimits(policies);
    const over = await readTasksOverLimits(pool, failures, deaths);
    if (over.length === 0) return 0;
    return countDone(log, "escalate_tasks", await verbs.escalateTasks(pool, over));
  },
};

/** Rejected tasks go back to the queue; the rejection has charged them already. */
export const retryRejected: Step = {
  name: "retry_rejected",
  async run({ pool, verbs, log, policies }) {
    const due = await readRetriable(pool, taskLimits(policies).failures);
    if (due.length === 0) return 0;
    const items = due.map(({ task_id }) => ({ task_id, code: "rejected", charged: false }));
    return countDone(log, "requeue_tasks", await verbs.requeueTasks(pool, items));
  },
};
