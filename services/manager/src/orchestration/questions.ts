import type { Question } from "@aura/shared/schemas/requirements-product";
import { taskLimits } from "../policy-enforcer/limits.ts";
import { draftApproval } from "./approval-draft.ts";
import type { JudgedSubmission } from "./judged-submission.ts";
import { allDone, atomically, type StepDeps } from "./step.ts";

/** Puts each open question before the Director as an approval of its own; the task waits for all the answers. */
export async function askQuestions(
  deps: StepDeps,
  submission: JudgedSubmission,
  questions: readonly Question[],
): Promise<number> {
  const { run_id, task_id, key, attempt } = submission;
  const hours = taskLimits(deps.policies).approvalHours;
  const done = await atomically(deps, "ask the analyst's questions", async (tx) => {
    const approvals = [];
    for (const { id, question, assumption, block_ids } of questions) {
      const content = { kind: "question", task_key: key, question, assumption, block_ids };
      const subject = { run_id, kind: "question" as const, subject_id: task_id, occasion: `attempt ${attempt} ${id}` };
      approvals.push(await draftApproval(tx, { ...subject, question, content, digest: null }, hours));
    }
    const detail = questions.map(({ id, question }) => `${id}: ${question}`).join("\n");
    allDone(await deps.verbs.escalateTasks(tx, [{ task_id, code: "question", detail: detail.slice(0, 2000) }]));
    allDone(await deps.verbs.openApprovals(tx, approvals));
  });
  return done ? 1 : 0;
}
