import type { Queryable } from "@aura/shared/postgres/client";
import { AuditCheckpoint, AuditKeys } from "@aura/shared/schemas/api/ledger";
import { z } from "zod";
import { hex, type PageRequest, pageOfRows, readAll, readOne, utc } from "./read-rows.ts";

/** SQL of a checkpoint's note with the cosignatures that there are; `c` is its row. */
export const COSIGNED_NOTE = `c.note || coalesce((
  select string_agg(w.line || chr(10), '' order by w.witness)
  from audit_cosignatures w where w.generation = c.generation and w.size = c.size), '')`;

const Checkpoint = z.object({ size: z.int(), root: z.string(), note: z.string() });
/** The newest signed state of the log; `root` in hexadecimal. */
export type Checkpoint = z.infer<typeof Checkpoint>;

/** @returns null before the first one */
export function readNewestCheckpoint(db: Queryable): Promise<Checkpoint | null> {
  return readOne(
    db,
    Checkpoint,
    `select c.size, ${hex("c.root")} as root, ${COSIGNED_NOTE} as note
       from audit_checkpoints c order by c.size desc limit 1`,
  );
}

/**
 * The newest one that a witness cosigned, unless none was for a minute: then the newest. A busy log always has one that no
 * witness has seen yet, and who trusts a witness could not use that.
 */
export function readCheckpointToExport(db: Queryable): Promise<Checkpoint | null> {
  return readOne(
    db,
    Checkpoint,
    `select c.size, ${hex("c.root")} as root, ${COSIGNED_NOTE} as note
       from ((select *, false as cosigned from audit_checkpoints order by size desc limit 1)
             union all
             (select k.*, true from audit_cosignatures join audit_checkpoints k using (generation, size)
               order by generation desc, size desc limit 1)) c
      where not c.cosigned or c.signed_at > (select signed_at from audit_checkpoints order by size desc limit 1) - interval '1 minute'
      order by c.cosigned desc limit 1`,
  );
}

/** Newest first. */
export async function readCheckpoints(db: Queryable, page: PageRequest) {
  const rows = await readAll(
    db,
    AuditCheckpoint,
    `select c.size, ${hex("c.root")} as root, ${COSIGNED_NOTE} as note, ${utc("c.signed_at")} as signed_at,
            array(select w.witness from audit_cosignatures w
                   where w.generation = c.generation and w.size = c.size order by w.witness) as cosigned_by
       from audit_checkpoints c where $1::bigint is null or c.size < $1 order by c.size desc limit $2`,
    [page.after?.[0] ?? null, page.limit + 1],
  );
  return pageOfRows(rows, page, (row) => [String(row.size)]);
}

/** Notes of checkpoints with `after` < size <= `through`, in order. */
export function readNotes(db: Queryable, range: { after: number; through: number; limit: number }) {
  return readAll(
    db,
    Checkpoint.omit({ root: true }),
    `select c.size, ${COSIGNED_NOTE} as note
       from audit_checkpoints c where c.size > $1 and c.size <= $2 order by c.size limit $3`,
    [range.after, range.through, range.limit],
  );
}

/** Oldest first. */
export function readAuditKeys(db: Queryable) {
  return readAll(
    db,
    AuditKeys.shape.items.element,
    `select verifier_key, ${utc("created_at")} as created_at, ${utc("retired_at")} as retired_at, reason
       from audit_keys order by audit_keys.created_at, id`,
  );
}

const EventPlace = z.object({ seq: z.coerce.number().nullable(), env: z.instanceof(Buffer) });

/** An event's bytes, and its place in the log once it has one; null when there is no such event. */
export async function readEventPlace(db: Queryable, eventId: string) {
  const { rows } = await db.query(
    "select l.seq, e.env from audit_events e left join audit_leaves l on l.event_id = e.id where e.id = $1",
    [eventId],
  );
  return rows[0] === undefined ? null : EventPlace.parse(rows[0]);
}

const Entry = z.object({ env: z.instanceof(Buffer) });

/** Envelopes of the events `start` to `start + count - 1`; fewer where one is gone. */
export async function readEntries(db: Queryable, start: number, count: number): Promise<Buffer[]> {
  const { rows } = await db.query(
    `select e.env from audit_leaves l join audit_events e on e.id = l.event_id
      where l.seq >= $1 and l.seq < $1::bigint + $2 order by l.seq`,
    [start, count],
  );
  return z
    .array(Entry)
    .parse(rows)
    .map(({ env }) => env);
}
