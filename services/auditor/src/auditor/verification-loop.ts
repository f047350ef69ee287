import type { Log } from "@aura/shared/log";
import { isUnavailable, type Pool, withTransaction } from "@aura/shared/postgres/client";
import { notifyTasks } from "@aura/shared/postgres/task-notifications";
import type { VerbOutcome } from "@aura/shared/postgres/verbs";
import type { VerificationReport } from "@aura/shared/schemas/verification-report";
import {
  claimVerification,
  mayVerify,
  readCase,
  renewVerification,
  type VerificationCase,
  type VerificationClaim,
} from "../db/request-statements.ts";
import type { GateClient } from "../dependencies/gate-client.ts";
import { type PollingLoop, startPolling } from "../polling-loop.ts";
import { finding } from "../validators/findings.ts";
import { judge } from "./judge.ts";
import { type MutationBudget, report } from "./judge-context.ts";
import { recordReport } from "./recording.ts";
import type { SandboxQueue } from "./sandbox-queue.ts";
import { watchWork } from "./work-watch.ts";

/** Outlives a few lost renewals, and a dead auditor's request is taken over within it. */
const LEASE_SECONDS = 30;
const POLL_MS = 300;

export interface AuditorDeps {
  readonly pool: Pool;
  readonly log: Log;
  readonly sandbox: SandboxQueue;
  readonly gate: GateClient;
  readonly mutation: MutationBudget;
  /** Name of this process in leases, verdicts and events. */
  readonly holder: string;
}

/** Judges requests, one at a time. Several auditors may run: each request is under the lease of one of them. */
export function startVerificationLoop(deps: AuditorDeps): PollingLoop {
  const options = { name: "verification", log: deps.log, idleMs: POLL_MS, busyMs: 0 };
  return startPolling(options, (signal) => verifyNext(deps, signal));
}

/**
 * Claims the oldest request, judges and records it. If we die here, the lease runs out and another auditor begins again.
 *
 * @param stopping ends the work without a record
 * @returns false when there was nothing to do
 */
export async function verifyNext(deps: AuditorDeps, stopping: AbortSignal): Promise<boolean> {
  const { pool, holder } = deps;
  const claim = await claimVerification(pool, holder, LEASE_SECONDS);
  if (claim === null) return false;
  const mayGoOn = async () =>
    (await renewVerification(pool, holder, claim, LEASE_SECONDS)) && mayVerify(pool, claim.request_id);
  const watch = watchWork(mayGoOn, stopping);
  try {
    await verifyClaimed(deps, claim, watch.signal);
  } catch (error) {
    if (!watch.signal.aborted) throw error;
    deps.log.info({ request_id: claim.request_id }, "a verification was ended, nothing is recorded");
  } finally {
    watch.release();
  }
  return true;
}

async function verifyClaimed(deps: AuditorDeps, claim: VerificationClaim, signal: AbortSignal): Promise<void> {
  const { pool, log, holder, gate, mutation } = deps;
  const request = await readCase(pool, claim.request_id);
  const sandbox = deps.sandbox.borrow(signal);
  const judged = await judge({ db: pool, sandbox, gate, mutation, log }, request, signal);
  if (!(await mayVerify(pool, claim.request_id))) return;
  const record = async (found: VerificationReport) => {
    const recorded = await withTransaction(pool, (tx) => recordReport(tx, holder, claim, request, found));
    await notifyTasks(pool); // the Manager acts on it at once
    return recorded;
  };
  try {
    tellRecorded(log, request, judged, await record(judged));
  } catch (error) {
    if (isUnavailable(error)) throw error;
    log.error({ request_id: claim.request_id, err: error }, "a judgement could not be recorded");
    tellRecorded(log, request, UNRECORDABLE, await record(UNRECORDABLE));
  }
}

/** In place of a judgement that the database does not take: else its request would be judged again for ever. */
const UNRECORDABLE = report("environment", [
  finding("auditor_failed", null, "The Auditor could not record its judgement. See its log."),
]);

function tellRecorded(
  log: Log,
  { request_id, run_id, kind }: VerificationCase,
  { outcome }: VerificationReport,
  recorded: VerbOutcome,
): void {
  const facts = { request_id, run_id, kind, outcome };
  if (recorded.outcome === "done") log.info(facts, "a verification is recorded");
  else log.warn({ ...facts, code: recorded.code, detail: recorded.detail }, "a verification was refused");
}
