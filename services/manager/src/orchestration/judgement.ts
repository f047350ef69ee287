import type { Submission } from "../db/orchestration-submissions.ts";

type Judged = Pick<
  Submission,
  | "kind"
  | "outcome"
  | "request_id"
  | "request_base_revision_id"
  | "request_suite_id"
  | "request_retry"
  | "head_revision_id"
  | "suite_id"
  | "judged_s_ago"
>;

/** Seconds before a submission is judged again after an environment failure or without a conclusion. */
const RETRY_DELAYS_S = [2, 10, 30];

/**
 * Whether a submission must be put before the Auditor now, and as which retry; null: not now. A verdict about code
 * counts only for the head and the suite of now, a failing one for the suite of now; a suite is judged as the
 * successor of the one in force.
 */
export function needsRequest(submission: Judged, retriesMax: number): number | null {
  if (submission.request_id === null) return 0;
  if (submission.outcome === null) return null;
  if (isStale(submission)) return 0;
  const retry = submission.request_retry ?? 0;
  if (submission.outcome === "accepted" || submission.outcome === "rejected" || retry >= retriesMax) return null;
  return (submission.judged_s_ago ?? 0) >= (RETRY_DELAYS_S[retry] ?? 30) ? retry + 1 : null;
}

/** True when the newest verdict is about a head or a suite that is not the one of now. */
function isStale(submission: Judged): boolean {
  const { kind, outcome } = submission;
  if (outcome === null || (kind !== "implement" && kind !== "acceptance_tests")) return false;
  if (submission.request_suite_id !== submission.suite_id) return true;
  const onHead = submission.request_base_revision_id === submission.head_revision_id;
  return kind === "implement" && outcome !== "rejected" && !onHead;
}

/** Seconds before an overridden change that could not be judged is judged again, once the short delays are used up. */
const SLOW_RETRY_S = 300;

/**
 * The same for a change that the Director declared verified. Its verdict keeps it from nothing, but it must be about
 * exactly the tree that lands: on the head and by the suite of now. What could not be judged is tried again for as long
 * as the run is open.
 */
export function overrideNeedsRequest(submission: Judged): number | null {
  const { request_id, outcome, request_suite_id, suite_id, request_base_revision_id, head_revision_id } = submission;
  if (request_id === null) return 0;
  if (outcome === null) return null;
  if (request_suite_id !== suite_id || request_base_revision_id !== head_revision_id) return 0;
  if (outcome !== "environment") return null;
  const retry = submission.request_retry ?? 0;
  return (submission.judged_s_ago ?? 0) >= (RETRY_DELAYS_S[retry] ?? SLOW_RETRY_S) ? retry + 1 : null;
}

export type Verdict = "accepted" | "rejected" | "environment" | "inconclusive";

/** The verdict to act on now; null while there is none that counts, or another judgement is due. */
export function verdictToActOn(submission: Judged, retriesMax: number): Verdict | null {
  if (submission.outcome === null || isStale(submission)) return null;
  if (submission.outcome === "accepted" || submission.outcome === "rejected") return submission.outcome;
  return (submission.request_retry ?? 0) >= retriesMax ? submission.outcome : null;
}
