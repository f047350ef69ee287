import type { Run } from "@aura/shared/schemas/api/run";
import type { Task } from "@aura/shared/schemas/api/task";

const MARKS: Readonly<Record<Task["status"], string>> = {
  blocked: "·",
  ready: "·",
  assigned: "·",
  running: "▸",
  submitted: "?",
  verified: "✔",
  rejected: "✖",
  awaiting_director: "!",
  failed: "✖",
  cancelled: "-",
};

/** One line: what it is and where it stands. */
export function taskLine(task: Task): string {
  const who = task.agent_slug === null ? "" : `  ${task.agent_slug}`;
  const again = task.attempt > 1 ? `  attempt ${task.attempt}` : "";
  const overridden = task.overridden ? "  OVERRIDDEN" : "";
  return `${MARKS[task.status]} ${task.key.padEnd(12)} ${task.status.padEnd(17)} ${task.title}${who}${again}${overridden}`;
}

/** One line a run, for lists. */
export function runLine(run: Run): string {
  const { pass, total } = run.requirements;
  return `${run.id}  ${stateOf(run).padEnd(22)} ${`${pass}/${total}`.padStart(7)}  $${run.spend.usd.padEnd(8)} ${run.project ?? ""}: ${run.title}`;
}

export function stateOf(run: Run): string {
  const reason = run.stop_reason === null || run.stop_reason === run.status ? "" : ` (${run.stop_reason})`;
  return `${run.status}${reason}${run.paused_at === null ? "" : " paused"}`;
}

/** The run and its tasks on a screen: status, requirements, spend, what it waits for. */
export function runText(run: Run, tasks: readonly Task[]): string {
  const { usd, tokens, usd_limit, tokens_limit } = run.spend;
  const counts = Object.entries(run.requirements).filter(([word, n]) => word === "total" || n > 0);
  const lines = [
    `run ${run.id}  ${run.project ?? ""}: ${run.title}`,
    `  status        ${stateOf(run)}${run.provider === "replay" ? "  REPLAY" : ""}`,
    `  requirements  ${counts.map(([word, n]) => `${n} ${word}`).join(", ")}`,
    `  spend         $${usd} of $${usd_limit}, ${tokens} of ${tokens_limit} tokens`,
    ...(run.waiting_for === null ? [] : waitingLines(run.waiting_for)),
    ...tasks.map((task) => `  ${taskLine(task)}`),
    ...tasks.flatMap((task) =>
      task.waiting_for?.owner === "director" ? [`  ${task.key} waits: ${task.waiting_for.next_step}`] : [],
    ),
  ];
  return lines.join("\n");
}

function waitingLines(wait: NonNullable<Run["waiting_for"]>): string[] {
  const detail = wait.detail === null ? "" : ` (${wait.detail})`;
  return [
    `  waiting for   ${wait.reason}${detail}, ${wait.owner}: ${wait.next_step}`,
    ...wait.approval_ids.map((id) => `  approval      ${id}`),
  ];
}
