import { putJson } from "@aura/shared/postgres/blobs";
import { readLiveRuntimes, readRoutableAgents, readRunHistory } from "../../db/orchestration-agents.ts";
import { readReadyTasks } from "../../db/orchestration-tasks.ts";
import { taskLimits } from "../../policy-enforcer/limits.ts";
import { type Assignment, route, type Unroutable } from "../../routing/route.ts";
import { assembleContext } from "../context/assemble-context.ts";
import { countDone, type Step, type StepDeps } from "../step.ts";

/** Seconds that a task may wait for somebody eligible before the Director is asked. */
const NOBODY_S = 60;

/** Gives ready tasks to agents, each with the context of its next attempt; tasks that nobody may do go to a person. */
export const assignReady: Step = {
  name: "assign_ready",
  async run(deps) {
    const { failures, deaths } = taskLimits(deps.policies);
    const tasks = await readReadyTasks(deps.pool, failures, deaths);
    if (tasks.length === 0) return 0;
    const runIds = [...new Set(tasks.map((task) => task.run_id))];
    const [agents, runtimes, history] = await Promise.all([
      readRoutableAgents(deps.pool),
      readLiveRuntimes(deps.pool),
      readRunHistory(deps.pool, runIds),
    ]);
    const { assignments, nobody } = route(tasks, agents, runtimes, history);
    const waited = new Map(tasks.map((task) => [task.task_id, task.waited_s]));
    const hopeless = nobody.filter(({ task_id, roster }) => roster && (waited.get(task_id) ?? 0) > NOBODY_S);
    return (await assign(deps, assignments)) + (await escalate(deps, hopeless));
  },
};

async function assign(deps: StepDeps, assignments: readonly Assignment[]): Promise<number> {
  const items = [];
  for (const assignment of assignments) {
    const context_sha256 = await storedContext(deps, assignment.task_id);
    if (context_sha256 !== null) items.push({ ...assignment, context_sha256 });
  }
  if (items.length === 0) return 0;
  return countDone(deps.log, "assign_tasks", await deps.verbs.assignTasks(deps.pool, items));
}

/** Null where the context cannot be assembled: that task waits, the others are assigned. */
async function storedContext({ pool, log }: StepDeps, taskId: string): Promise<string | null> {
  try {
    return await putJson(pool, await assembleContext(pool, taskId));
  } catch (error) {
    log.error({ task_id: taskId, err: error }, "a context could not be assembled");
    return null;
  }
}

async function escalate({ pool, verbs, log }: StepDeps, hopeless: readonly Unroutable[]): Promise<number> {
  if (hopeless.length === 0) return 0;
  const items = hopeless.map(({ task_id, missing }) => ({ task_id, code: "nobody_eligible", detail: missing }));
  return countDone(log, "escalate_tasks", await verbs.escalateTasks(pool, items));
}
