import { readExpiredLeases, readSuspendedWork, readWithdrawable } from "../../db/orchestration-tasks.ts";
import { countDone, type Step } from "../step.ts";

/** Running work whose holder is silent goes back to the queue, uncharged; the death is counted. */
export const takeBackExpired: Step = {
  name: "take_back_expired",
  async run({ pool, verbs, log }) {
    const expired = await readExpiredLeases(pool);
    if (expired.length === 0) return 0;
    const items = expired.map(({ task_id }) => ({ task_id, code: "lease_expired", charged: false }));
    return countDone(log, "requeue_tasks", await verbs.requeueTasks(pool, items));
  },
};

/** Work of agents that were suspended or retired goes back to the queue, uncharged. */
export const takeBackSuspended: Step = {
  name: "take_back_suspended",
  async run({ pool, verbs, log }) {
    const work = await readSuspendedWork(pool);
    if (work.length === 0) return 0;
    const items = work.map((task) => ({ ...task, charged: false }));
    return countDone(log, "requeue_tasks", await verbs.requeueTasks(pool, items));
  },
};

/** Assignments that nobody took up, or may take up, are withdrawn. */
export const withdrawAssignments: Step = {
  name: "withdraw_assignments",
  async run({ pool, verbs, log }) {
    const items = await readWithdrawable(pool);
    if (items.length === 0) return 0;
    return countDone(log, "withdraw_tasks", await verbs.withdrawTasks(pool, items));
  },
};
