import { readJson } from "@aura/shared/postgres/blobs";
import type { Queryable } from "@aura/shared/postgres/client";
import type { TaskSpec } from "@aura/shared/schemas/task-spec";
import { VerificationReport } from "@aura/shared/schemas/verification-report";
import { readAnswers } from "../../db/orchestration-approvals.ts";
import {
  type ContextTask,
  readBestAttempt,
  readLandingNote,
  readLastJudgement,
  readReportSha,
} from "../../db/orchestration-context.ts";
import type { FailureSources } from "./last-failure.ts";

/** Collects what a task's next attempt has to know about what went before. */
export async function failureSources(db: Queryable, task: ContextTask, spec: TaskSpec): Promise<FailureSources> {
  const judged = await readLastJudgement(db, task.task_id);
  const last = judged === null || judged.outcome === "accepted" ? null : judged.report_sha256;
  const first = spec.verification_id === null ? null : await readReportSha(db, spec.verification_id);
  const best = task.best_request_id === null ? null : await readBestAttempt(db, task.best_request_id);
  const lastReport = last === null ? about(await report(db, first), spec) : await report(db, last);
  const bestReport = await report(db, best?.report_sha256 ?? null);
  return {
    last: lastReport,
    best: best !== null && best.report_sha256 === last ? lastReport : bestReport,
    note: await note(db, task, spec),
  };
}

/** Of an assembly's report a repair is told what it has to mend, and what passes; a test author what its tests do not show. */
function about(report: VerificationReport | null, { closes, requirement_ids }: TaskSpec): VerificationReport | null {
  const keys = closes.length > 0 ? closes : requirement_ids;
  if (report === null || keys.length === 0) return report;
  const concerned = (ids: readonly string[]) => ids.some((id) => keys.includes(id));
  return {
    ...report,
    findings: report.findings.filter(({ subject }) => subject !== null && keys.includes(subject)),
    tests: report.tests.filter((test) => test.outcome === "pass" || concerned(test.requirement_ids)),
  };
}

async function report(db: Queryable, sha256: string | null): Promise<VerificationReport | null> {
  return sha256 === null ? null : readJson(db, sha256, VerificationReport);
}

async function note(db: Queryable, task: ContextTask, spec: TaskSpec): Promise<string | null> {
  const answers = task.kind === "requirements" ? [] : await readAnswers(db, task.task_id);
  const answered = answers.map(({ question, answer }) => `Asked: ${question}\nThe Director answered: ${answer}`);
  const parts = [spec.note, await returned(db, task), ...answered];
  const said = parts.filter((part): part is string => part !== null && part !== "");
  return said.length === 0 ? null : said.join("\n");
}

/** Why the task came back, where no report tells it. */
async function returned(db: Queryable, task: ContextTask): Promise<string | null> {
  switch (task.return_code) {
    case "head_conflict":
      return "Files that you changed were changed by others meanwhile. Do your change again on the files as they are now.";
    case "changes_requested": {
      const reason = await readLandingNote(db, task.task_id);
      return reason === null ? null : `The Director asks for changes: ${reason}`;
    }
    case "gave_up":
      return task.last_detail === null ? null : `The last attempt gave up: ${task.last_detail}`;
    default:
      return null;
  }
}
