import type { Submission } from "../db/orchestration-submissions.ts";

type Present<T, K extends keyof T> = T & { readonly [P in K]: NonNullable<T[P]> };

/** A submission with the verdict that counts. */
export type JudgedSubmission = Present<Submission, "request_id" | "verification_id" | "outcome" | "report_sha256">;

export function isJudged(submission: Submission): submission is JudgedSubmission {
  return submission.verification_id !== null;
}
