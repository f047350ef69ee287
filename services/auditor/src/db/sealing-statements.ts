import type { Queryable } from "@aura/shared/postgres/client";
import { callVerb, callVerbRows, onlyOutcome, type VerbOutcome } from "@aura/shared/postgres/verbs";
import { z } from "zod";
import { auditorContext } from "./context.ts";

const Claim = z.object({ mine: z.boolean(), term: z.coerce.number(), holder: z.string().nullable() });
/** `mine`: the caller seals, until the end of its transaction at least. */
export type SealingClaim = z.infer<typeof Claim>;

/** Source: database/functions/claim_sealing.sql. 55P03 when another Auditor is sealing at this moment. */
export async function claimSealing(db: Queryable, holder: string, leaseSeconds: number): Promise<SealingClaim> {
  const rows = await callVerbRows(db, "claim_sealing", auditorContext(holder), leaseSeconds);
  return Claim.parse(rows[0]);
}

const LogState = z.object({ origin: z.string(), generation: z.number(), size: z.coerce.number() });
/** Name of the log, its generation, and how many events are numbered. */
export type LogState = z.infer<typeof LogState>;

export async function readLogState(db: Queryable): Promise<LogState> {
  const { rows } = await db.query(
    "select 'aura_orchestra/' || log_id || '/' || generation as origin, generation, size from audit_log_state",
  );
  return LogState.parse(rows[0]);
}

const RecordedCheckpoint = z.object({
  generation: z.number(),
  size: z.coerce.number(),
  root: z.instanceof(Buffer),
  note: z.string(),
});
export type RecordedCheckpoint = z.infer<typeof RecordedCheckpoint>;

/** The newest checkpoint that the database has, of whatever generation. */
export async function readNewestCheckpoint(db: Queryable): Promise<RecordedCheckpoint | null> {
  const { rows } = await db.query(
    "select generation, size, root, note from audit_checkpoints order by size desc limit 1",
  );
  return rows[0] === undefined ? null : RecordedCheckpoint.parse(rows[0]);
}

export interface NewCheckpoint {
  readonly size: number;
  readonly root: Buffer;
  readonly note: string;
  /** Those that became whole since the checkpoint before. */
  readonly subtrees: readonly { readonly level: number; readonly position: number; readonly root: Buffer }[];
}

/** Source: database/functions/record_checkpoint.sql */
export async function recordCheckpoint(db: Queryable, holder: string, term: number, checkpoint: NewCheckpoint) {
  const { size, root, note, subtrees } = checkpoint;
  const of = <Key extends "level" | "position" | "root">(key: Key) => subtrees.map((subtree) => subtree[key]);
  const args = [term, size, root, note, of("level"), of("position"), of("root")];
  return onlyOutcome(await callVerb(db, "record_checkpoint", auditorContext(holder), ...args));
}

const AuditKey = z.object({
  id: z.string(),
  generation: z.number(),
  verifier_key: z.string(),
  retired: z.boolean(),
});
export type AuditKey = z.infer<typeof AuditKey>;

export async function readAuditKeys(db: Queryable): Promise<AuditKey[]> {
  const { rows } = await db.query(
    "select id, generation, verifier_key, retired_at is not null as retired from audit_keys order by created_at",
  );
  return z.array(AuditKey).parse(rows);
}

/** Source: database/functions/register_audit_keys.sql */
export function registerAuditKeys(db: Queryable, holder: string, keys: readonly string[], reason: string) {
  return callVerb(db, "register_audit_keys", auditorContext(holder), keys, reason);
}

/** Source: database/functions/retire_audit_keys.sql */
export function retireAuditKeys(db: Queryable, holder: string, ids: readonly string[], reason: string) {
  return callVerb(db, "retire_audit_keys", auditorContext(holder), ids, reason);
}

const EndedRun = z.object({ run_id: z.string(), through_seq: z.coerce.number() });
/** A run that has ended and whose books are open: up to `through_seq` its events are numbered, and there are no others. */
export type EndedRun = z.infer<typeof EndedRun>;

/**
 * At most `limit` runs that wait for run.sealed; those that got events after it, for an hour after their end. The seal of a
 * delivery waits half a minute for its attestation, to cover it as well.
 */
export async function readRunsToSeal(db: Queryable, limit: number): Promise<EndedRun[]> {
  const { rows } = await db.query(
    `select r.id as run_id, l.seq as through_seq
       from orchestra_runs r
       left join lateral (select s.through_seq from run_seals s where s.run_id = r.id order by s.through_seq desc limit 1) sealed on true
       cross join lateral (select e.id from audit_events e where e.run_id = r.id and e.event_type <> 'run.sealed' order by e.id desc limit 1) newest
       join audit_leaves l on l.event_id = newest.id
      where r.finished_at is not null
        and (sealed.through_seq is null or r.finished_at > (now() at time zone 'UTC') - interval '1 hour')
        and l.seq > coalesce(sealed.through_seq, -1)
        and (r.status <> 'completed' or r.finished_at < (now() at time zone 'UTC') - interval '30 seconds'
             or exists (select from attestations a where a.run_id = r.id))
      order by r.finished_at limit $1`,
    [limit],
  );
  return z.array(EndedRun).parse(rows);
}

/** Leaves of a run's events in the order of the log. */
export async function readRunLeaves(db: Queryable, { run_id, through_seq }: EndedRun): Promise<Buffer[]> {
  const { rows } = await db.query(
    `select l.leaf from audit_events e join audit_leaves l on l.event_id = e.id
      where e.run_id = $1 and l.seq <= $2 order by l.seq`,
    [run_id, through_seq],
  );
  return z
    .array(z.object({ leaf: z.instanceof(Buffer) }))
    .parse(rows)
    .map(({ leaf }) => leaf);
}

/** Source: database/functions/seal_runs.sql */
export function sealRuns(
  db: Queryable,
  holder: string,
  seals: readonly (EndedRun & { readonly count: number; readonly root: Buffer })[],
): Promise<VerbOutcome[]> {
  const of = <Key extends keyof (typeof seals)[number]>(key: Key) => seals.map((seal) => seal[key]);
  return callVerb(db, "seal_runs", auditorContext(holder), of("run_id"), of("through_seq"), of("count"), of("root"));
}
