import type { ApprovalKind } from "@aura/shared/enums/run";
import { FINAL_TASK_STATUSES, type TaskStatus, WAITING_CODES, type WaitingCode } from "@aura/shared/enums/task";
import type { WaitingFor } from "@aura/shared/schemas/api/conventions";
import type { Run, RunWaitingFor } from "@aura/shared/schemas/api/run";
import type { RunRow } from "../db/read-run-statements.ts";
import type { TaskRow } from "../db/read-task-statements.ts";

interface Step {
  readonly owner: WaitingFor["owner"];
  readonly next_step: string;
}

const byDirector = (next_step: string): Step => ({ owner: "director", next_step });

/** Who ends each wait, and how. */
const STEPS: Readonly<Record<WaitingCode, Step>> = {
  nobody_eligible: byDirector("Take on or reinstate an agent for this kind of task, then retry_task."),
  question: byDirector("Answer the pending question (action answer on its approval)."),
  stuck: byDirector("Look at the last failure, then retry_task, reassign_task, override_verdict or deliver_partial."),
  budget_exhausted: byDirector("Raise the budget with set_budget."),
  unknown_price: byDirector("Set AURA_MODEL_PRICES for the model and restart, then retry_task."),
  provider_failed: byDirector("Look at the provider (key, quota, address), then retry_task."),
  not_recorded: byDirector("Configure a model (OPENAI_API_KEY, OPENAI_BASE_URL) and start the run again."),
  inconclusive: byDirector("Look at the evidence, then retry_task or override_verdict."),
  isolation_unavailable: byDirector("Install bubblewrap or run with Docker Compose, then retry_task."),
  dependency_unavailable: byDirector(
    "Let the registry answer, or list the package in policy dependencies.listed (set_policy), then retry_task; or cancel and start again with a PRD that does without it.",
  ),
  failures_used_up: byDirector(
    "Look at the last failure, then retry_task, reassign_task, override_verdict or deliver_partial.",
  ),
  lease_deaths: byDirector("Its agents died three times: look at the runtime's log, then retry_task or reassign_task."),
  environment: byDirector("The Auditor's surroundings failed: look at its log, then retry_task."),
  plan_approval: byDirector("Decide on the plan: approve, reject or request_changes with its digest."),
  landing_approval: byDirector("Decide on the landing: approve, reject or request_changes with its digest."),
  delivery_approval: byDirector("Decide on the delivery: approve, reject or request_changes with its digest."),
  inspection_open: byDirector("Look at what only a person can judge, then confirm_inspection for each."),
  requirement_failed: byDirector(
    "Look at the failed requirements, then retry_task, override_verdict or deliver_partial.",
  ),
  log_unsealed: {
    owner: "auditor",
    next_step: "The Auditor signs the log within seconds. If it does not, its /readyz says why, and what to do.",
  },
};

/** While its tasks still go on by themselves. */
const ASKED_AGAIN: Step = {
  owner: "agent",
  next_step: "The provider is asked again by itself, later each time; if it keeps failing the Director decides.",
};

/** Work of agents and Auditors goes on; what comes after it waits. */
const NO_LEADER: Step = {
  owner: "manager",
  next_step: "No Manager leads. A standby takes over by itself within seconds; where there is none, start a Manager.",
};

const APPROVAL_REASONS: Readonly<Record<ApprovalKind, WaitingCode>> = {
  plan: "plan_approval",
  landing: "landing_approval",
  delivery: "delivery_approval",
  question: "question",
};

const isCode = (word: string | null): word is WaitingCode => WAITING_CODES.some((code) => code === word);

/** An unknown code is shown as it is, with the one step that is always possible. */
function stepOf(code: string): Step {
  return isCode(code) ? STEPS[code] : byDirector("See detail; retry_task, cancel_task or cancel are possible.");
}

/** What a run waits for; null when it is over. The most urgent first: stopped, paused, a person, then its own work. */
export function runWaitsFor(run: RunRow): RunWaitingFor | null {
  if (run.stop_reason !== null) return null;
  const approval_ids = run.pending_approvals.map(({ id }) => id);
  const wait = (reason: string, since: string | null, step: Step): RunWaitingFor => ({
    reason,
    since: since ?? run.status_changed_at,
    ...step,
    detail: run.waiting_detail,
    approval_ids,
  });
  if (run.stopped_at !== null)
    return wait("stopped", run.stopped_at, byDirector("Release everything with resume_all."));
  if (run.paused_at !== null) return wait("paused", run.paused_at, byDirector("Go on with resume."));
  if (run.waiting_code === "provider_failed" && run.status !== "awaiting_director")
    return wait(run.waiting_code, run.waiting_since, ASKED_AGAIN);
  if (run.waiting_code !== null) return wait(run.waiting_code, run.waiting_since, stepOf(run.waiting_code));
  const pending = run.pending_approvals[0];
  if (pending !== undefined) {
    const code = APPROVAL_REASONS[pending.kind];
    return wait(code, pending.created_at, STEPS[code]);
  }
  if (run.leaderless_since !== null) return wait("no_leader", run.leaderless_since, NO_LEADER);
  const [reason, step] = workOf(run.status);
  return wait(reason, null, step);
}

function workOf(status: Run["status"]): readonly [string, Step] {
  if (status === "awaiting_director") return ["director", byDirector("See its tasks and approvals.")];
  if (status === "planning")
    return ["planning", { owner: "agent", next_step: "Requirements and plan are being written." }];
  if (status === "delivering") return ["delivery", { owner: "manager", next_step: "The delivery is being prepared." }];
  return ["tasks", { owner: "agent", next_step: "Its tasks are being worked on." }];
}

const TASK_WORK: Readonly<Partial<Record<TaskStatus, readonly [string, Step]>>> = {
  ready: ["assignment", { owner: "manager", next_step: "Routing gives it to an agent." }],
  assigned: ["acceptance", { owner: "agent", next_step: "The agent's runtime accepts it." }],
  running: ["work", { owner: "agent", next_step: "The agent submits, or its lease runs out." }],
  submitted: ["verification", { owner: "auditor", next_step: "The Auditor judges the submission." }],
  rejected: ["decision", { owner: "manager", next_step: "It is tried again, or a person is asked." }],
};

/** What a task waits for; null when it is final. */
export function taskWaitsFor(task: TaskRow): WaitingFor | null {
  if (task.run_final || FINAL_TASK_STATUSES.includes(task.status)) return null;
  const since = task.status_changed_at;
  const detail = task.waiting_detail;
  if (task.status === "awaiting_director") {
    const code = task.waiting_code ?? "stuck";
    return { reason: code, since, ...stepOf(code), detail };
  }
  if (task.status === "blocked") return blockedBy(task);
  if (task.status === "ready" && task.stopped_at !== null)
    return { reason: "stopped", since: task.stopped_at, ...byDirector("Release everything with resume_all."), detail };
  if (task.status === "ready" && task.paused_at !== null)
    return { reason: "paused", since: task.paused_at, ...byDirector("Go on with resume on the run."), detail };
  const [reason, step] = TASK_WORK[task.status] ?? ["work", byDirector("See the run.")];
  return { reason, since, ...step, detail };
}

function blockedBy(task: TaskRow): WaitingFor {
  const open = task.depends_on.filter(({ status }) => status !== "verified").map(({ key }) => key);
  return {
    reason: "dependencies",
    since: task.status_changed_at,
    owner: "manager",
    next_step: open.length === 0 ? "It is released at once." : `${open.join(", ")} must be verified first.`,
    detail: task.waiting_detail,
  };
}
