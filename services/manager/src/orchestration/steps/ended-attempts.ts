import { WAITING_CODES } from "@aura/shared/enums/task";
import { type EndedAttempt, readEndedAttempts } from "../../db/orchestration-tasks.ts";
import { policyDecision } from "../../policy-enforcer/decisions.ts";
import { taskLimits } from "../../policy-enforcer/limits.ts";
import { draftApproval } from "../approval-draft.ts";
import { allDone, atomically, countDone, forEach, type Step, type StepDeps } from "../step.ts";

/**
 * Attempts that ended without a submission. Giving up is charged; a failing provider is tried again a few times, later
 * each time; everything else that held an agent up waits for the Director under its own code.
 */
export const settleEndedAttempts: Step = {
  name: "settle_ended_attempts",
  async run(deps) {
    const ended = await readEndedAttempts(deps.pool);
    const retries = taskLimits(deps.policies).providerRetries;
    const again = ended.filter((attempt) => goesAgain(attempt, retries));
    const moved = again.length === 0 ? 0 : await requeue(deps, again);
    const waiting = ended.filter((attempt) => !again.includes(attempt));
    return moved + (await forEach(deps, "escalate an ended attempt", waiting, (attempt) => escalate(deps, attempt)));
  },
};

function goesAgain(attempt: EndedAttempt, providerRetries: number): boolean {
  if (attempt.outcome === "gave_up") return true;
  return attempt.code === "provider_failed" && attempt.provider_failures <= providerRetries;
}

async function requeue({ pool, verbs, log }: StepDeps, attempts: readonly EndedAttempt[]): Promise<number> {
  const items = attempts.map(({ task_id, outcome, code }) => ({
    task_id,
    code: outcome === "gave_up" ? "gave_up" : code,
    charged: outcome === "gave_up",
  }));
  return countDone(log, "requeue_tasks", await verbs.requeueTasks(pool, items));
}

async function escalate(deps: StepDeps, attempt: EndedAttempt): Promise<number> {
  const code = waitingCode(attempt.code);
  const done = await atomically(deps, "escalate a held-up task", async (tx) => {
    if (code === "question") await askDirector(deps, tx, attempt);
    if (code === "budget_exhausted") await recordBudgetStop(deps, tx, attempt);
    allDone(await deps.verbs.escalateTasks(tx, [{ task_id: attempt.task_id, code, detail: attempt.detail }]));
  });
  return done ? 1 : 0;
}

/** Agents name the reason in a waiting code's words; any other word means that a person has to look. */
function waitingCode(code: string): string {
  return (WAITING_CODES as readonly string[]).includes(code) ? code : "stuck";
}

async function askDirector(deps: StepDeps, tx: Parameters<typeof draftApproval>[0], attempt: EndedAttempt) {
  const { run_id, task_id, key, detail } = attempt;
  const approval = await draftApproval(
    tx,
    {
      run_id,
      kind: "question",
      subject_id: task_id,
      occasion: `attempt ${attempt.attempt}`,
      question: detail,
      content: { kind: "question", task_key: key, question: detail, assumption: null, block_ids: [] },
      digest: null,
    },
    taskLimits(deps.policies).approvalHours,
  );
  allDone(await deps.verbs.openApprovals(tx, [approval]));
}

async function recordBudgetStop(deps: StepDeps, tx: Parameters<typeof draftApproval>[0], attempt: EndedAttempt) {
  const policy = deps.policies.find("budget.exhausted");
  if (policy === null) return;
  const { run_id, task_id, key } = attempt;
  const subject = `${key}, attempt ${attempt.attempt}`;
  const reason = "the next call does not fit into what is left of the budget";
  allDone(
    await deps.verbs.recordPolicyDecisions(tx, [policyDecision(policy, "deny", { run_id, task_id, subject, reason })]),
  );
}
