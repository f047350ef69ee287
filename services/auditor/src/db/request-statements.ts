import { VERIFICATION_KINDS } from "@aura/shared/enums/verification";
import type { Queryable, Tx } from "@aura/shared/postgres/client";
import { callVerb, callVerbRows, onlyOutcome, type VerbOutcome } from "@aura/shared/postgres/verbs";
import { z } from "zod";
import { auditorContext } from "./context.ts";

const Claim = z.object({ request_id: z.uuid(), claim_id: z.string() });
/** A request under this auditor's lease. `claim_id` is the fence that recording must show. */
export type VerificationClaim = z.infer<typeof Claim>;

const Hex = z.string().regex(/^[0-9a-f]{64}$/);

const VerificationCase = z.object({
  request_id: z.uuid(),
  run_id: z.uuid(),
  kind: z.enum(VERIFICATION_KINDS),
  product_sha256: Hex.nullable(),
  /** The exact tree to judge (implement, assembly). */
  tree_sha256: Hex.nullable(),
  /** The landed head that the request's tree is built on. */
  base_tree_sha256: Hex.nullable(),
  head_tree_sha256: Hex.nullable(),
  /** What the run started from: the delivered tree of its base run. */
  start_tree_sha256: Hex.nullable(),
  plan_id: z.uuid().nullable(),
  suite_id: z.uuid().nullable(),
  toolchain: z.string(),
  prd_id: z.uuid(),
  task_id: z.uuid().nullable(),
  task_key: z.string().nullable(),
  spec_sha256: Hex.nullable(),
  disputes_test_ids: z.array(z.string()),
});
/** A verification request with what its run and task say: everything a judge starts from. */
export type VerificationCase = z.infer<typeof VerificationCase>;

/**
 * Takes the oldest unjudged request under a lease, so that no two auditors judge it at once.
 *
 * @param leaseSeconds time until another auditor may take it over
 * @returns null when there is none, or the system is stopped. Source: database/functions/claim_verifications.sql
 */
export async function claimVerification(
  db: Queryable,
  holder: string,
  leaseSeconds: number,
): Promise<VerificationClaim | null> {
  const rows = await callVerbRows(db, "claim_verifications", auditorContext(holder), holder, 1, leaseSeconds);
  return rows[0] === undefined ? null : Claim.parse(rows[0]);
}

/** Renews the lease. @returns false when another auditor holds the request now */
export async function renewVerification(
  db: Queryable,
  holder: string,
  claim: VerificationClaim,
  leaseSeconds: number,
): Promise<boolean> {
  const { rows } = await db.query("select held from renew_verifications($1, array[$2::uuid], array[$3::bigint], $4)", [
    holder,
    claim.request_id,
    claim.claim_id,
    leaseSeconds,
  ]);
  return z.object({ held: z.boolean() }).parse(rows[0] ?? { held: false }).held;
}

export async function readCase(db: Queryable, requestId: string): Promise<VerificationCase> {
  const { rows } = await db.query(
    `select q.id as request_id, q.run_id, q.kind,
            encode(q.product_sha256, 'hex') as product_sha256,
            encode(q.tree_sha256, 'hex') as tree_sha256,
            encode(base.tree_sha256, 'hex') as base_tree_sha256,
            encode(head.tree_sha256, 'hex') as head_tree_sha256,
            encode(start.tree_sha256, 'hex') as start_tree_sha256,
            coalesce(q.plan_id, r.plan_id) as plan_id, coalesce(q.suite_id, r.suite_id) as suite_id,
            r.toolchain, r.prd_id, t.id as task_id, t.key as task_key, encode(t.spec_sha256, 'hex') as spec_sha256,
            coalesce(t.disputes_test_ids, '{}') as disputes_test_ids
       from verification_requests q
       join orchestra_runs r on r.id = q.run_id
       left join orchestra_runs former on former.id = r.base_run_id
       left join revisions start on start.id = former.delivered_revision_id
       left join revisions base on base.id = q.base_revision_id
       left join revisions head on head.id = r.head_revision_id
       left join task_queue t on t.id = q.task_id
      where q.id = $1`,
    [requestId],
  );
  return VerificationCase.parse(rows[0]);
}

/** False once the system is stopped, the run has ended or the task moved on: the work is killed, nothing is recorded. */
export async function mayVerify(db: Queryable, requestId: string): Promise<boolean> {
  const { rows } = await db.query(
    `select s.stopped_at is null and r.status not in ('completed', 'failed', 'cancelled')
            and (q.task_id is null or t.status = 'submitted' and t.claim_id = q.claim_id
                 or t.status = 'verified' and t.overridden and not exists (
                      select from revisions s where s.task_id = t.id)) as open
       from verification_requests q
       join orchestra_runs r on r.id = q.run_id
       left join task_queue t on t.id = q.task_id
      cross join system_state s
      where q.id = $1`,
    [requestId],
  );
  return z.object({ open: z.boolean() }).parse(rows[0]).open;
}

/** What `record_verifications` takes for a claim; hashes are 64 hexadecimal digits, their blobs must be stored. */
export interface VerificationRecord {
  readonly id: string;
  readonly outcome: string;
  readonly report_sha256: string;
  readonly tree_sha256: string | null;
  readonly sandbox_level: string | null;
  readonly environment_sha256: string | null;
  readonly verdicts: readonly object[];
  readonly tests: readonly object[];
  readonly evidence: readonly object[];
}

/**
 * Writes the verdict, its tests and evidence and one event, in the caller's transaction.
 *
 * Source: database/functions/record_verifications.sql
 * @returns refused `stale_claim` when another auditor holds the request now; then nothing was written
 */
export async function recordVerification(
  tx: Tx,
  holder: string,
  claim: VerificationClaim,
  verification: VerificationRecord,
): Promise<VerbOutcome> {
  const ctx = auditorContext(holder);
  const item = { ...claim, ...verification };
  return onlyOutcome(await callVerb(tx, "record_verifications", ctx, holder, [item]));
}
