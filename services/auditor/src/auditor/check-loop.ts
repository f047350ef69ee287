import { putJson, readTree } from "@aura/shared/postgres/blobs";
import { isUnavailable, withTransaction } from "@aura/shared/postgres/client";
import { AuraError } from "@aura/shared/problems";
import type { SandboxJobResult } from "@aura/shared/schemas/sandbox-job";
import { claimSandboxJob, finishSandboxJob, mayRunJob, type SandboxJob } from "../db/sandbox-job-statements.ts";
import { readAttachments, readLayer } from "../db/specification-statements.ts";
import { type PollingLoop, startPolling } from "../polling-loop.ts";
import type { Sandbox } from "../sandbox/port.ts";
import { withKill } from "./sandbox-queue.ts";
import type { AuditorDeps } from "./verification-loop.ts";
import { watchWork } from "./work-watch.ts";

/** Longer than the sandbox lets one command run. */
const LEASE_SECONDS = 180;
const POLL_MS = 300;

/** Executes the checks that agents ask for, between the calls of a verification. */
export function startCheckLoop(deps: AuditorDeps): PollingLoop {
  const options = { name: "checks", log: deps.log, idleMs: POLL_MS, busyMs: 0 };
  return startPolling(options, (signal) => runNextCheck(deps, signal));
}

/**
 * Claims the oldest job and executes it. It is claimed only once the sandbox is free: its lease must not run out while
 * it waits for a turn.
 *
 * @returns false when there was nothing to do
 */
export async function runNextCheck(deps: AuditorDeps, stopping: AbortSignal): Promise<boolean> {
  return deps.sandbox.hold(stopping, async (sandbox) => {
    const job = await claimSandboxJob(deps.pool, deps.holder, LEASE_SECONDS);
    if (job === null) return false;
    await runClaimed(deps, sandbox, job, stopping);
    return true;
  });
}

async function runClaimed(deps: AuditorDeps, sandbox: Sandbox, job: SandboxJob, stopping: AbortSignal): Promise<void> {
  const watch = watchWork(() => mayRunJob(deps.pool, job.id), stopping);
  try {
    const result = await withKill(watch.signal, sandbox, (held) => execute(deps, held, job, watch.signal));
    await finish(deps, job, result);
  } catch (error) {
    if (!watch.signal.aborted) throw error;
    deps.log.info({ job_id: job.id }, "a check was ended, nothing is recorded");
  } finally {
    watch.release();
  }
}

async function execute(
  { pool, log }: AuditorDeps,
  sandbox: Sandbox,
  job: SandboxJob,
  signal: AbortSignal,
): Promise<SandboxJobResult> {
  const { toolchain, command } = job;
  const tree = await readTree(pool, job.tree_sha256);
  const attachments = await readAttachments(pool, job.prd_id);
  const dependencies = job.plan_id === null ? undefined : await readLayer(pool, job.plan_id);
  try {
    const request = { tree, dependencies, toolchain, command, arguments: job.arguments, attachments };
    return await sandbox.runCheck(request);
  } catch (error) {
    signal.throwIfAborted();
    if (isUnavailable(error)) throw error;
    log.warn({ job_id: job.id, err: error }, "a check could not be carried out");
    return notExecuted(error);
  }
}

function notExecuted(error: unknown): SandboxJobResult {
  const isolation = error instanceof AuraError && error.code === "isolation_unavailable";
  const reason = isolation ? "isolation_unavailable" : "spawn_failed";
  return { exit_code: null, reason, stdout: "", stderr: "The check could not be carried out.", duration_ms: 0 };
}

async function finish({ pool, log, holder }: AuditorDeps, job: SandboxJob, result: SandboxJobResult): Promise<void> {
  const recorded = await withTransaction(pool, async (tx) =>
    finishSandboxJob(tx, holder, job.id, await putJson(tx, storable(result))),
  );
  if (recorded.outcome === "refused") log.warn({ job_id: job.id, code: recorded.code }, "a check's result was refused");
}

/** Canonical JSON has no half of a surrogate pair. */
function storable(result: SandboxJobResult): SandboxJobResult {
  return { ...result, stdout: result.stdout.toWellFormed(), stderr: result.stderr.toWellFormed() };
}
