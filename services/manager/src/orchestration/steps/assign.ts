import { putJson } from "@aura/shared/postgres/blobs";
import { readLiveRuntimes, readRoutableAgents, readRunHistory } from "../../db/orchestration-agents.ts";
import { readReadyTasks } from "../../db/orchestration-tasks.ts";
import { taskLimits } from "../../policy-enforcer/limits.ts";
import { type Assignment, route, type Unroutable } from "../../routing/route.ts";
import { assembleContext } from "../context/assemble-context.ts";
import { countDone, forEach, type Step, type StepDeps } from "../step.ts";

/** Seconds that a task may wait for somebody eligible before the Director is asked. */
const NOBODY_S = 60;

/** Gives ready tasks to agents, each with the context of its next attempt; tasks that nobody may do go to a person. */
export const assignReady: Step = {
  name: "assign_ready",
  urgent: true,
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
    const runs = new Map(tasks.map((task) => [task.task_id, task.run_id]));
    const routed = assignments.map((assignment) => ({ ...assignment, run_id: runs.get(assignment.task_id) ?? "" }));
    return (await assign(deps, routed)) + (await escalate(deps, hopeless));
  },
};

type Routed = Assignment & { readonly run_id: string };

/** A task whose context cannot be assembled waits, the others are assigned. */
async function assign(deps: StepDeps, routed: readonly Routed[]): Promise<number> {
  const { pool, verbs, log } = deps;
  const items: (Routed & { readonly context_sha256: string })[] = [];
  const escalated = await forEach(deps, "assemble a context", routed, async (assignment) => {
    const context = await assembleContext(pool, assignment.task_id);
    items.push({ ...assignment, context_sha256: await putJson(pool, context) });
    return 0;
  });
  if (items.length === 0) return escalated;
  return escalated + countDone(log, "assign_tasks", await verbs.assignTasks(pool, items));
}

async function escalate({ pool, verbs, log }: StepDeps, hopeless: readonly Unroutable[]): Promise<number> {
  if (hopeless.length === 0) return 0;
  const items = hopeless.map(({ task_id, missing }) => ({ task_id, code: "nobody_eligible", detail: missing }));
  return countDone(log, "escalate_tasks", await verbs.escalateTasks(pool, items));
}
