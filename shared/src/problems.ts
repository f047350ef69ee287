/**
 * Every error that leaves the system, in one table: its HTTP status, its title and the next step for whoever reads it.
 * Codes of refused items from the database (`verb_outcome.code`) are among them, with the same words.
 */
export const PROBLEMS = {
  validation_failed: {
    status: 400,
    title: "The request is not well-formed",
    hint: "Mend the fields named in issues and send it again.",
    retryable: false,
  },
  invalid_json: {
    status: 400,
    title: "The body is not valid JSON",
    hint: "Send UTF-8 JSON with content type application/json.",
    retryable: false,
  },
  unsupported_media_type: {
    status: 415,
    title: "The content type is not supported",
    hint: "Send application/json.",
    retryable: false,
  },
  unauthenticated: {
    status: 401,
    title: "No valid API key",
    hint: "Send Authorization: Bearer <key>. The director key is MANAGER_API_KEY.",
    retryable: false,
  },
  forbidden: {
    status: 403,
    title: "This key may not do that",
    hint: "Use a key with the role named in detail.",
    retryable: false,
  },
  foreign_request: {
    status: 403,
    title: "This did not come from the dashboard",
    hint: "A session changes things only with the header X-Aura-Request: 1, from the dashboard's own address. Programs send Authorization: Bearer <key>.",
    retryable: false,
  },
  not_found: {
    status: 404,
    title: "There is no such thing",
    hint: "Check the id; GET the list to see what there is.",
    retryable: false,
  },
  not_kept: {
    status: 410,
    title: "Its bytes are not kept any more",
    hint: "They were erased: event payload.erased says when and by whom. That they were there, and what was made of them, stays on record.",
    retryable: false,
  },
  illegal_transition: {
    status: 409,
    title: "Not possible in this state",
    hint: "GET the run or task: waiting_for tells what is possible now.",
    retryable: false,
  },
  digest_mismatch: {
    status: 409,
    title: "The approval has changed since it was read",
    hint: "GET the approval, look at it again and decide with its new digest.",
    retryable: false,
  },
  approval_used: {
    status: 409,
    title: "This approval was decided before",
    hint: "GET /v1/approvals?status=pending for the open ones.",
    retryable: false,
  },
  name_taken: {
    status: 409,
    title: "This name is taken",
    hint: "Use what has the name already (its id is in detail), or another name.",
    retryable: false,
  },
  nothing_delivered: {
    status: 409,
    title: "There is no software yet",
    hint: "Wait for the run to complete, or ask for ?revision=best.",
    retryable: true,
  },
  stale_claim: {
    status: 409,
    title: "The task was given to another attempt",
    hint: "Stop working on it.",
    retryable: false,
  },
  wrong_runtime: {
    status: 409,
    title: "This runtime does not host that agent",
    hint: "Accept only what is assigned to agents bound to your instance token.",
    retryable: false,
  },
  verification_missing: {
    status: 409,
    title: "No matching verification by the Auditor",
    hint: "A task is verified only with an accepting verification of exactly this attempt.",
    retryable: false,
  },
  not_attested: {
    status: 409,
    title: "Nothing is attested so far",
    hint: "A delivery is attested within seconds: wait for the run to complete and try again. If nothing comes, the Auditor's /readyz says why.",
    retryable: true,
  },
  never_attested: {
    status: 409,
    title: "There is nothing to attest",
    hint: "Only a delivery is attested, verified or partial, and this run ended without one. GET the report for what is known about it.",
    retryable: false,
  },
  log_unsealed: {
    status: 503,
    title: "The log is not sealed so far",
    hint: "The Auditor signs within seconds: try again. If it does not, its /readyz says why, and what to do.",
    retryable: true,
  },
  log_unavailable: {
    status: 503,
    title: "The log cannot be written",
    hint: "Nothing was changed and nothing given out: what is not recorded does not happen. Look at the database's disk, locks and mode, then try again.",
    retryable: true,
  },
  no_checkpoint: {
    status: 404,
    title: "Nothing of the log is signed so far",
    hint: "The Auditor signs within seconds of the first event: try again. If it does not, its /readyz says why.",
    retryable: true,
  },
  no_report_card: {
    status: 404,
    title: "There is no report card of the Auditor to be read",
    hint: "How often the Auditor is wrong is not known here. `npm run audit:corpus -- --publish` measures it and writes docs/operations/AUDITOR_REPORT_CARD.json.",
    retryable: false,
  },
  head_moved: {
    status: 409,
    title: "The landed head moved since the verification",
    hint: "The change is judged again on the new head.",
    retryable: true,
  },
  payload_too_large: {
    status: 413,
    title: "The request is too large",
    hint: "A PRD may have 256 KiB, a request to start a run 16 MiB with attachments, any other 1 MiB.",
    retryable: false,
  },
  idempotency_conflict: {
    status: 422,
    title: "This Idempotency-Key was used with another body",
    hint: "Use a new key for a new request.",
    retryable: false,
  },
  idempotency_running: {
    status: 409,
    title: "A request with this Idempotency-Key is still running",
    hint: "Wait and send it again.",
    retryable: true,
  },
  prd_empty: {
    status: 422,
    title: "The PRD has no text",
    hint: "Put the requirements into prd.body as Markdown.",
    retryable: false,
  },
  attachment_name_refused: {
    status: 422,
    title: "An attachment's path is not acceptable",
    hint: "Use relative paths with forward slashes, no .. and no control characters.",
    retryable: false,
  },
  unknown_provider: {
    status: 422,
    title: "This provider is not configured",
    hint: "Set its variables (OPENAI_API_KEY, OPENAI_BASE_URL) or choose another provider.",
    retryable: false,
  },
  unknown_price: {
    status: 422,
    title: "There is no price for this model",
    hint: 'Set AURA_MODEL_PRICES, e.g. {"openai/gpt-5": {"input": "1.25", "output": "10"}}; a local model has price 0.',
    retryable: false,
  },
  not_recorded: {
    status: 422,
    title: "This PRD was not recorded",
    hint: "Provider replay only plays the shipped examples. Configure a model (OPENAI_API_KEY, OPENAI_BASE_URL) for your own PRD.",
    retryable: false,
  },
  budget_exhausted: {
    status: 409,
    title: "The budget is used up",
    hint: "Raise it with the director action set_budget.",
    retryable: false,
  },
  isolation_unavailable: {
    status: 503,
    title: "Nothing here can isolate generated code",
    hint: "Install bubblewrap (apt-get install bubblewrap), or run with Docker Compose.",
    retryable: false,
  },
  policy_denied: {
    status: 403,
    title: "Policy refuses this",
    hint: "GET /v1/policies names the rule.",
    retryable: false,
  },
  rate_limited: { status: 429, title: "Too many requests", hint: "Wait for Retry-After seconds.", retryable: true },
  database_unavailable: {
    status: 503,
    title: "The database does not answer",
    hint: "Nothing was changed. Try again.",
    retryable: true,
  },
  stale_term: {
    status: 503,
    title: "This Manager does not lead",
    hint: "Another Manager leads, or none does. Nothing was changed; GET /readyz names the one that leads.",
    retryable: true,
  },
  internal: {
    status: 500,
    title: "Something broke here",
    hint: "Look up the request id in the service's log.",
    retryable: false,
  },
} as const satisfies Record<string, { status: number; title: string; hint: string; retryable: boolean }>;

export type ProblemCode = keyof typeof PROBLEMS;

export interface ProblemIssue {
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

/** The one error class for broken promises that a caller should hear about. Bugs use `invariant`. */
export class AuraError extends Error {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly issues: readonly ProblemIssue[];

  constructor(code: ProblemCode, detail: string, options: { issues?: readonly ProblemIssue[]; cause?: unknown } = {}) {
    super(`${code}: ${detail}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "AuraError";
    this.code = code;
    this.detail = detail;
    this.issues = options.issues ?? [];
  }
}

/** RFC 9457 body of an error. `instance` is the request's id, which the log line carries too. */
export function problemBody(error: AuraError, instance: string) {
  const { status, title, hint, retryable } = PROBLEMS[error.code];
  return {
    type: `/problems/${error.code}`,
    title,
    status,
    detail: error.detail,
    instance,
    code: error.code,
    issues: error.issues,
    hint,
    retryable,
  };
}

/** A bug, not a circumstance: ends the process; leases bring its work back. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`);
}
