import type { Queryable } from "@aura/shared/postgres/client";
import { callVerb, onlyOutcome, type VerbOutcome } from "@aura/shared/postgres/verbs";
import { z } from "zod";
import { auditorContext } from "./context.ts";

const OldPayload = z.object({
  event_id: z.string(),
  salt: z.instanceof(Buffer),
  payload: z.instanceof(Buffer),
  env: z.instanceof(Buffer),
});
/** A payload that has been kept long enough, and the envelope that commits to it. */
export type OldPayload = z.infer<typeof OldPayload>;

/** Oldest first, under a signed checkpoint, at most `limit`. */
export async function readOldPayloads(db: Queryable, days: number, limit: number): Promise<OldPayload[]> {
  const { rows } = await db.query(
    `select p.event_id, p.salt, p.payload, e.env
       from audit_payloads p join audit_events e on e.id = p.event_id join audit_leaves l on l.event_id = e.id
      where p.payload is not null and e.created_at < (now() at time zone 'UTC') - make_interval(days => $1)
        and l.seq < (select max(size) from audit_checkpoints)
      order by p.event_id limit $2`,
    [days, limit],
  );
  return z.array(OldPayload).parse(rows);
}

/** Source: database/functions/archive_payloads.sql */
export async function archivePayloads(
  db: Queryable,
  holder: string,
  { id, event_ids, sha256 }: { id: string; event_ids: readonly string[]; sha256: Buffer },
): Promise<VerbOutcome> {
  return onlyOutcome(await callVerb(db, "archive_payloads", auditorContext(holder), id, event_ids, sha256));
}

const KnownSegment = z.object({
  id: z.string(),
  payloads: z.number(),
  sha256: z.instanceof(Buffer),
  touched: z.boolean(),
});
/** A file of the archive as the database was told of it; `touched`: something between its first and last event was erased. */
export type KnownSegment = z.infer<typeof KnownSegment>;

export async function readSegments(db: Queryable): Promise<KnownSegment[]> {
  const { rows } = await db.query(
    `select s.id, s.payloads, s.sha256, exists (select from audit_events e where e.event_type = 'payload.erased'
              and e.subject_id between s.first_event_id::text and s.last_event_id::text) as touched
       from archive_segments s`,
  );
  return z.array(KnownSegment).parse(rows);
}

/** Source: database/functions/shrink_archive_segment.sql */
export async function shrinkSegment(db: Queryable, holder: string, id: string, payloads: number, sha256: Buffer) {
  return onlyOutcome(await callVerb(db, "shrink_archive_segment", auditorContext(holder), id, payloads, sha256));
}

/** Bytes of these events, by id. */
export async function readEnvelopes(db: Queryable, eventIds: readonly string[]): Promise<Map<string, Buffer>> {
  const { rows } = await db.query("select id, env from audit_events where id = any ($1)", [eventIds]);
  const events = z.array(z.object({ id: z.string(), env: z.instanceof(Buffer) })).parse(rows);
  return new Map(events.map(({ id, env }) => [id, env]));
}

/** Which of these events a person had the payload erased of. */
export async function readErased(db: Queryable, eventIds: readonly string[]): Promise<Set<string>> {
  const { rows } = await db.query(
    `select subject_id from audit_events
      where event_type = 'payload.erased' and subject_type = 'audit_payloads' and subject_id = any ($1)`,
    [eventIds],
  );
  return new Set(
    z
      .array(z.object({ subject_id: z.string() }))
      .parse(rows)
      .map(({ subject_id }) => subject_id),
  );
}
