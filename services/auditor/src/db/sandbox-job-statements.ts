import type { Queryable } from "@aura/shared/postgres/client";
import { callVerb, onlyOutcome, type VerbOutcome } from "@aura/shared/postgres/verbs";
import { z } from "zod";
import { auditorContext } from "./context.ts";

const SandboxJob = z.object({
  id: z.uuid(),
  run_id: z.uuid(),
  task_id: z.uuid(),
  tree_sha256: z.string(),
  toolchain: z.string(),
  command: z.string(),
  arguments: z.array(z.string()),
  prd_id: z.uuid(),
  plan_id: z.uuid().nullable(),
});
/** A check that an agent asked for, under this auditor's lease. */
export type SandboxJob = z.infer<typeof SandboxJob>;

/**
 * Takes the oldest open job under a lease.
 *
 * @param leaseSeconds longer than any job may run: it is not renewed
 * @returns null when there is none, or the system is stopped. Source: database/functions/claim_sandbox_jobs.sql
 */
export async function claimSandboxJob(db: Queryable, holder: string, leaseSeconds: number): Promise<SandboxJob | null> {
  const { rows } = await db.query(
    `select j.id, j.run_id, j.task_id, encode(j.tree_sha256, 'hex') as tree_sha256, j.toolchain, j.command,
            j.arguments, r.prd_id, r.plan_id
       from claim_sandbox_jobs($1, $2, 1, $3) j join orchestra_runs r on r.id = j.run_id`,
    [JSON.stringify(auditorContext(holder)), holder, leaseSeconds],
  );
  return rows[0] === undefined ? null : SandboxJob.parse(rows[0]);
}

/** False once the system is stopped, the run has ended, or the asking claim is no longer the task's. */
export async function mayRunJob(db: Queryable, jobId: string): Promise<boolean> {
  const { rows } = await db.query(
    `select s.stopped_at is null and t.status = 'running' and t.claim_id = j.claim_id as open
       from sandbox_jobs j join task_queue t on t.id = j.task_id cross join system_state s
      where j.id = $1`,
    [jobId],
  );
  return z.object({ open: z.boolean() }).parse(rows[0]).open;
}

/**
 * Ends a job with its result, whose blob must be stored.
 *
 * @returns refused when another auditor holds the job now
 */
export async function finishSandboxJob(
  db: Queryable,
  holder: string,
  jobId: string,
  resultSha256: string,
): Promise<VerbOutcome> {
  const result = Buffer.from(resultSha256, "hex");
  return onlyOutcome(await callVerb(db, "finish_sandbox_jobs", auditorContext(holder), holder, [jobId], [result]));
}
