/** Status changes that the database allows, `from -> to` by subject type; database/test/moves.pg.test.ts compares. */
export const LEGAL_MOVES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  task: {
    blocked: ["ready", "awaiting_director", "cancelled"],
    ready: ["assigned", "awaiting_director", "cancelled"],
    assigned: ["ready", "running", "cancelled"],
    running: ["submitted", "ready", "awaiting_director", "cancelled"],
    submitted: ["verified", "rejected", "ready", "awaiting_director", "cancelled"],
    rejected: ["ready", "awaiting_director", "verified", "cancelled"],
    awaiting_director: ["ready", "verified", "failed", "cancelled"],
    failed: ["ready", "cancelled"],
  },
  run: {
    planning: ["awaiting_director", "executing", "failed", "cancelled"],
    awaiting_director: ["planning", "executing", "delivering", "failed", "cancelled"],
    executing: ["awaiting_director", "delivering", "failed", "cancelled"],
    delivering: ["executing", "awaiting_director", "completed", "failed", "cancelled"],
  },
  approval: {
    pending: ["approved", "rejected", "changes_requested", "expired", "voided"],
    approved: ["voided", "expired"],
  },
};

/** Status of a subject's first event. */
export const FIRST_STATUS: Readonly<Record<string, readonly string[]>> = {
  task: ["blocked", "ready"],
  run: ["planning"],
  approval: ["pending"],
};
