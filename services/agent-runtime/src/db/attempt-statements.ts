import type { Queryable } from "@aura/shared/postgres/client";
import { callVerb, onlyOutcome, type VerbContext, type VerbOutcome } from "@aura/shared/postgres/verbs";
import { z } from "zod";

/** What an agent shows with every verb: its runtime's token, and the claim on its task. */
export interface ClaimProof {
  readonly agent_id: string;
  readonly token: string;
  readonly task_id: string;
  readonly claim_id: string;
}

const JobRow = z.object({
  status: z.enum(["queued", "running", "done", "refused"]),
  /** Body of the JSON SandboxJobResult. */
  result: z.instanceof(Buffer).nullable(),
});

export function actorOf(proof: ClaimProof): VerbContext {
  return { actor_kind: "agent", actor_id: proof.agent_id, request_id: null, action_id: null };
}

/** Stores bytes, at most 32 MiB each, and gives their SHA-256 in order. Source: put_agent_blobs.sql */
export async function putAgentBlobs(
  db: Queryable,
  token: string,
  items: readonly { readonly body: Buffer; readonly media_type: string }[],
): Promise<Buffer[]> {
  if (items.length === 0) return [];
  const { rows } = await db.query<{ sha256: Buffer }>(
    "select h as sha256 from put_agent_blobs($1, $2::bytea[], $3::text[]) h",
    [token, items.map((item) => item.body), items.map((item) => item.media_type)],
  );
  return rows.map((row) => row.sha256);
}

/** Writes one line of agent_activity_logs, kept for ever. Source: log_activity.sql */
export async function logActivity(
  db: Queryable,
  proof: ClaimProof,
  message: string,
  severity: string,
): Promise<VerbOutcome> {
  const { token, task_id, claim_id } = proof;
  return onlyOutcome(
    await callVerb(db, "log_activity", actorOf(proof), token, [task_id], [claim_id], [message], [severity]),
  );
}

/** Hands in a product: running -> submitted. Hashes are of stored blobs. Source: submit_attempts.sql */
export async function submitAttempt(
  db: Queryable,
  proof: ClaimProof,
  result: { readonly product: Buffer; readonly transcript: Buffer; readonly selfConfidence: number },
): Promise<VerbOutcome> {
  const { token, task_id, claim_id } = proof;
  const hashes = [[result.product], [result.transcript]];
  const confidence = [String(result.selfConfidence)];
  return onlyOutcome(
    await callVerb(db, "submit_attempts", actorOf(proof), token, [task_id], [claim_id], ...hashes, confidence),
  );
}

/** Ends an attempt without a product; what becomes of the task the Manager decides. Source: end_attempts.sql */
export async function endAttempt(
  db: Queryable,
  proof: ClaimProof,
  end: {
    readonly outcome: "gave_up" | "held_up";
    readonly code: string;
    readonly detail: string;
    readonly transcript: Buffer;
  },
): Promise<VerbOutcome> {
  const { token, task_id, claim_id } = proof;
  const facts = [[end.outcome], [end.code], [end.detail], [end.transcript]];
  return onlyOutcome(await callVerb(db, "end_attempts", actorOf(proof), token, [task_id], [claim_id], ...facts));
}

/** Asks for a check of a stored tree; `id` of the outcome is the job. Source: queue_sandbox_job.sql */
export async function queueSandboxJob(
  db: Queryable,
  proof: ClaimProof,
  job: { readonly treeSha256: Buffer; readonly command: string; readonly arguments: readonly string[] },
): Promise<VerbOutcome> {
  const { token, task_id, claim_id } = proof;
  const facts = [job.treeSha256, job.command, job.arguments];
  return onlyOutcome(await callVerb(db, "queue_sandbox_job", actorOf(proof), token, task_id, claim_id, ...facts));
}

/** State of one of this runtime's own jobs; null when there is no such job. Source: read_sandbox_jobs.sql */
export async function readSandboxJob(
  db: Queryable,
  token: string,
  jobId: string,
): Promise<z.infer<typeof JobRow> | null> {
  const { rows } = await db.query("select status, result from read_sandbox_jobs($1, array[$2::uuid])", [token, jobId]);
  return rows[0] === undefined ? null : JobRow.parse(rows[0]);
}
