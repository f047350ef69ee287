import type { Run } from "@aura/shared/schemas/api/run";
import type { Task, TaskDetail } from "@aura/shared/schemas/api/task";

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

/** A task with what came of each attempt, newest last: why it ended, verdict, findings, tests that did not pass. */
export function taskText(task: TaskDetail): string {
  const wait = task.waiting_for;
  return [
    taskLine(task),
    ...(wait === null ? [] : [`  waiting for ${wait.reason}, ${wait.owner}: ${wait.next_step}`]),
    `  spend $${task.spend.usd}, ${task.spend.tokens} tokens in ${task.model_calls.length} calls`,
    ...task.attempts.flatMap((attempt) => attemptLines(task, attempt)),
  ].join("\n");
}

function attemptLines(task: TaskDetail, attempt: TaskDetail["attempts"][number]): string[] {
  const how = [attempt.outcome ?? "running", attempt.outcome_code, attempt.outcome_detail].filter(
    (word) => word !== null,
  );
  const judged = task.verifications.filter((verification) => verification.attempt === attempt.attempt);
  return [
    `  attempt ${attempt.attempt} by ${attempt.agent_slug}: ${how.join(", ")}${attempt.charged ? " (charged)" : ""}`,
    ...judged.flatMap((verification) => [
      `    ${verification.outcome} by ${verification.auditor}`,
      ...verification.findings.map(({ code, message }) => `      ${code}: ${message}`),
      ...verification.tests
        .filter(({ outcome }) => outcome !== "pass")
        .map(
          ({ test_id, outcome, requirement_keys }) =>
            `      test ${test_id} ${outcome} (${requirement_keys.join(", ")})`,
        ),
    ]),
  ];
}
