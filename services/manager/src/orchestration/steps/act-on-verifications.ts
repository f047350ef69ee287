import { readJson } from "@aura/shared/postgres/blobs";
import { VerificationReport } from "@aura/shared/schemas/verification-report";
import { readSubmissions } from "../../db/orchestration-submissions.ts";
import { taskLimits } from "../../policy-enforcer/limits.ts";
import { takeIn } from "../acceptance.ts";
import { isJudged, type JudgedSubmission } from "../judged-submission.ts";
import { verdictToActOn } from "../judgement.ts";
import { rejectSubmission } from "../rejection.ts";
import { countDone, forEach, type Step, type StepDeps } from "../step.ts";

/** Acts on what the Auditor found: accepted work is adopted or lands, failing work goes back, the rest asks a person. */
export const actOnVerifications: Step = {
  name: "act_on_verifications",
  urgent: true,
  async run(deps) {
    const retries = taskLimits(deps.policies).verificationRetries;
    const judged = (await readSubmissions(deps.pool)).filter(isJudged);
    const due = judged.filter((submission) => verdictToActOn(submission, retries) !== null);
    return forEach(deps, "act on a verification", due, (submission) => act(deps, submission));
  },
};

function act(deps: StepDeps, submission: JudgedSubmission): Promise<number> {
  switch (submission.outcome) {
    case "accepted":
      return takeIn(deps, submission);
    case "rejected":
      return rejectSubmission(deps, submission);
    case "environment":
    case "inconclusive":
      return escalateUnjudged(deps, submission);
  }
}

/** What was not to be had, and whose wait has a name and a next step of its own. */
const MISSING = ["isolation_unavailable", "dependency_unavailable"] as const;

/** Judged again as often as policy says and still no conclusion: a person has to look, and nobody is charged. */
async function escalateUnjudged({ pool, verbs, log }: StepDeps, submission: JudgedSubmission): Promise<number> {
  const report = await readJson(pool, submission.report_sha256, VerificationReport);
  const missing = MISSING.find((code) => report.findings.some((finding) => finding.code === code));
  const code = missing ?? submission.outcome;
  const detail = report.findings[0]?.message ?? "the Auditor came to no conclusion";
  const items = [{ task_id: submission.task_id, code, detail: detail.slice(0, 2000) }];
  return countDone(log, "escalate_tasks", await verbs.escalateTasks(pool, items));
}
