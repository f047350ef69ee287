import type { Queryable } from "@aura/shared/postgres/client";
import { z } from "zod";

const text = z.string();
const PlacedEvent = z.object({
  seq: z.coerce.number(),
  leaf: z.instanceof(Buffer),
  event_id: text,
  env: z.instanceof(Buffer).nullable(),
  columns: z.record(z.string(), z.string()).nullable(),
});
/** A place in the log, and the event that has it; `env` and `columns` are null where that event is gone. */
export type PlacedEvent = z.infer<typeof PlacedEvent>;

/** Places `from` and after it, at most `limit`. Columns are what the envelope should say under the same keys. */
export async function readPlaced(db: Queryable, from: number, limit: number): Promise<PlacedEvent[]> {
  const { rows } = await db.query(
    `select l.seq, l.leaf, l.event_id, e.env,
            case when e.id is not null then jsonb_build_object(
              'id', e.id, 'source', e.source, 'severity', e.severity, 'description', e.description,
              'at', to_char(e.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'event_type', e.event_type,
              'run_id', coalesce(e.run_id::text, ''), 'task_id', coalesce(e.task_id::text, ''),
              'subject_type', coalesce(e.subject_type, ''), 'subject_id', coalesce(e.subject_id, ''),
              'actor_kind', e.actor_kind, 'actor_id', e.actor_id, 'tx', e.tx::text) end as columns
       from audit_leaves l left join audit_events e on e.id = l.event_id
      where l.seq >= $1 order by l.seq limit $2`,
    [from, limit],
  );
  return z.array(PlacedEvent).parse(rows);
}

const SignedRoot = z.object({
  size: z.coerce.number(),
  root: z.instanceof(Buffer),
  note: z.string(),
  origin: z.string(),
});
/** A checkpoint as the table has it; `origin` is the name that its log had then. */
export type SignedRoot = z.infer<typeof SignedRoot>;

/** Checkpoints over more than `from` and at most `to` events, smallest first. */
export async function readSignedRoots(db: Queryable, from: number, to: number): Promise<SignedRoot[]> {
  const { rows } = await db.query(
    `select c.size, c.root, c.note, 'aura_orchestra/' || s.log_id || '/' || c.generation as origin
       from audit_checkpoints c cross join audit_log_state s where c.size > $1 and c.size <= $2 order by c.size`,
    [from, to],
  );
  return z.array(SignedRoot).parse(rows);
}

/** Events under the newest checkpoint; 0 before the first. */
export async function readSignedSize(db: Queryable): Promise<number> {
  const { rows } = await db.query("select coalesce(max(size), 0) as size from audit_checkpoints");
  return z.object({ size: z.coerce.number() }).parse(rows[0]).size;
}

/** How many committed events have an id below that of the newest numbered one and no place: somebody put them in. */
export async function readSmuggled(db: Queryable, limit: number): Promise<string[]> {
  const { rows } = await db.query(
    `select e.id from audit_events e join audit_log_state s on e.id <= s.last_event_id
      where not exists (select from audit_leaves l where l.event_id = e.id) order by e.id limit $1`,
    [limit],
  );
  return z
    .array(z.object({ id: text }))
    .parse(rows)
    .map(({ id }) => id);
}
