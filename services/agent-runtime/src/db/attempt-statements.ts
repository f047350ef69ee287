import type { Queryable } from "@aura/shared/postgres/client";
import { z } from "zod";
import { type Actor, type ClaimProof, ctxOf, onlyOutcome, type VerbOutcome } from "./rows.ts";

const StoredHash = z.object({ sha256: z.instanceof(Buffer) });
const JobRow = z.object({
  status: z.enum(["queued", "running", "done", "refused"]),
  result: z.instanceof(Buffer).nullable(),
});

/** Stores bodies under their SHA-256, which come back in order; storing again changes nothing. */
export async function putBlobs(
  db: Queryable,
  items: readonly { readonly body: Buffer; readonly media_type: string }[],
): Promise<Buffer[]> {
  const { rows } = await db.query("select put_blobs as sha256 from put_blobs($1::bytea[], $2::text[])", [
    items.map((item) => item.body),
    items.map((item) => item.media_type),
  ]);
  return z
    .array(StoredHash)
    .parse(rows)
    .map((row) => row.sha256);
}

export async function logActivity(
  db: Queryable,
  actor: Actor,
  proof: ClaimProof,
  message: string,
  severity: string,
): Promise<VerbOutcome> {
  const { rows } = await db.query(
    "select * from log_activity($1::jsonb, $2, array[$3::uuid], array[$4::bigint], array[$5::text], array[$6::text])",
    [ctxOf(actor), proof.token, proof.task_id, proof.claim_id, message, severity],
  );
  return onlyOutcome(rows);
}

/** Hands in a product: the task becomes `submitted`. Hashes are of stored blobs. */
export async function submitAttempt(
  db: Queryable,
  actor: Actor,
  proof: ClaimProof,
  result: { product: Buffer; transcript: Buffer; selfConfidence: number },
): Promise<VerbOutcome> {
  const { rows } = await db.query(
    "select * from submit_attempts($1::jsonb, $2, array[$3::uuid], array[$4::bigint], array[$5::bytea], array[$6::bytea], array[$7::numeric])",
    [
      ctxOf(actor),
      proof.token,
      proof.task_id,
      proof.claim_id,
      result.product,
      result.transcript,
      String(result.selfConfidence),
    ],
  );
  return onlyOutcome(rows);
}

/** Ends an attempt without a product; the Manager decides what becomes of the task. */
export async function endAttempt(
  db: Queryable,
  actor: Actor,
  proof: ClaimProof,
  end: { outcome: "gave_up" | "held_up"; code: string; detail: string; transcript: Buffer },
): Promise<VerbOutcome> {
  const { rows } = await db.query(
    "select * from end_attempts($1::jsonb, $2, array[$3::uuid], array[$4::bigint], array[$5::text], array[$6::text], array[$7::text], array[$8::bytea])",
    [ctxOf(actor), proof.token, proof.task_id, proof.claim_id, end.outcome, end.code, end.detail, end.transcript],
  );
  return onlyOutcome(rows);
}

/** Asks for a check of a stored tree; `id` of the outcome is the job. */
export async function queueSandboxJob(
  db: Queryable,
  actor: Actor,
  proof: ClaimProof,
  job: { treeSha256: Buffer; command: string; arguments: readonly string[] },
): Promise<VerbOutcome> {
  const { rows } = await db.query(
    "select * from queue_sandbox_job($1::jsonb, $2, $3::uuid, $4::bigint, $5::bytea, $6, $7::text[])",
    [ctxOf(actor), proof.token, proof.task_id, proof.claim_id, job.treeSha256, job.command, job.arguments],
  );
  return onlyOutcome(rows);
}

/** State of one of this runtime's own jobs; null when there is no such job. */
export async function readSandboxJob(
  db: Queryable,
  token: string,
  jobId: string,
): Promise<z.infer<typeof JobRow> | null> {
  const { rows } = await db.query("select status, result from read_sandbox_jobs($1, array[$2::uuid])", [token, jobId]);
  return rows[0] === undefined ? null : JobRow.parse(rows[0]);
}
