export const RUN_STATUSES = [
  "planning",
  "awaiting_director",
  "executing",
  "delivering",
  "completed",
  "failed",
  "cancelled",
] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

export const FINAL_RUN_STATUSES: readonly RunStatus[] = ["completed", "failed", "cancelled"];

export const STOP_REASONS = [
  "verified",
  "partial",
  "verification_failed",
  "stuck",
  "environment",
  "policy",
  "cancelled",
] as const;
export type StopReason = (typeof STOP_REASONS)[number];

/** locked: plan, every landing and delivery wait for the Director; supervised: plan and delivery; autonomous: policy. */
export const OVERSIGHTS = ["locked", "supervised", "autonomous"] as const;
export type Oversight = (typeof OVERSIGHTS)[number];

export const APPROVAL_KINDS = ["plan", "landing", "delivery", "question"] as const;
export type ApprovalKind = (typeof APPROVAL_KINDS)[number];

export const APPROVAL_STATUSES = ["pending", "approved", "rejected", "changes_requested", "expired", "voided"] as const;
export type ApprovalStatus = (typeof APPROVAL_STATUSES)[number];
