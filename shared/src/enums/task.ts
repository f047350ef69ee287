/** The words for tasks. The database repeats them in checks; database/test/vocabulary.pg.test.ts compares. */

export const TASK_KINDS = ["requirements", "plan", "acceptance_tests", "implement", "review"] as const;
export type TaskKind = (typeof TASK_KINDS)[number];

export const TASK_STATUSES = [
  "blocked",
  "ready",
  "assigned",
  "running",
  "submitted",
  "verified",
  "rejected",
  "awaiting_director",
  "failed",
  "cancelled",
] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

/** States that a task does not leave by itself; `failed` may be retried by the Director while the run is open. */
export const FINAL_TASK_STATUSES: readonly TaskStatus[] = ["verified", "failed", "cancelled"];

/** How an attempt ended, as its agent or the Manager recorded it. */
export const ATTEMPT_OUTCOMES = ["submitted", "gave_up", "held_up", "expired", "taken_back"] as const;
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];

/**
 * Why a task or a run waits. Each has an owner and a next step, shown wherever the wait is shown.
 */
export const WAITING_CODES = [
  "nobody_eligible",
  "question",
  "stuck",
  "budget_exhausted",
  "unknown_price",
  "provider_failed",
  "not_recorded",
  "inconclusive",
  "isolation_unavailable",
  "dependency_unavailable",
  "failures_used_up",
  "lease_deaths",
  "environment",
  "plan_approval",
  "landing_approval",
  "delivery_approval",
  "inspection_open",
  "requirement_failed",
  "log_unsealed",
] as const;
export type WaitingCode = (typeof WAITING_CODES)[number];
