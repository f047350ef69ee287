import { setTimeout as sleep } from "node:timers/promises";
import type { ApiClient } from "@aura/shared/api-client";
import { FINAL_RUN_STATUSES } from "@aura/shared/enums/run";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { Run } from "@aura/shared/schemas/api/run";
import type { Task } from "@aura/shared/schemas/api/task";

const POLL_MS = 400;
const STILL_MS = 180_000;

/**
 * Tells every move of a run and its tasks until the run has ended or waits for a person.
 *
 * @returns the run as it then is
 * @throws when nothing at all moves for three minutes
 */
export async function followRun(client: ApiClient, run_id: string, say: (line: string) => void): Promise<Run> {
  const told = new Map<string, string>();
  let movedAt = Date.now();
  const tell = (key: string, line: string) => {
    if (told.get(key) === line) return;
    told.set(key, line);
    movedAt = Date.now();
    say(line);
  };
  for (;;) {
    const run = await client.call(OPERATIONS.getRun, { params: { run_id } });
    const { data: tasks } = await client.call(OPERATIONS.listTasks, { params: { run_id }, query: { limit: 1000 } });
    for (const task of tasks) tell(task.id, taskLine(task));
    tell("verdicts", verdictLine(run));
    tell("run", `run ${run.status}${run.stop_reason === null ? "" : ` (${run.stop_reason})`}`);
    if (FINAL_RUN_STATUSES.includes(run.status) || run.status === "awaiting_director") return run;
    if (Date.now() - movedAt > STILL_MS)
      throw new Error(`The run stands still: ${run.status} since ${run.status_changed_at}.`);
    await sleep(POLL_MS);
  }
}

function taskLine({ key, title, status, attempt, agent_slug, failures }: Task): string {
  const who = agent_slug === null ? "" : ` by ${agent_slug}`;
  const again = attempt > 1 ? `, attempt ${attempt}, ${failures} rejected` : "";
  return `  ${key.padEnd(8)} ${status.padEnd(10)} ${title}${who}${again}`;
}

function verdictLine({ requirements: { total, pass, fail, inconclusive, not_run } }: Run): string {
  if (total === 0) return "  no requirements yet";
  return `  requirements: ${pass} of ${total} pass, ${fail} fail, ${inconclusive} inconclusive, ${not_run} not run`;
}
