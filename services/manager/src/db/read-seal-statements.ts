import type { Queryable } from "@aura/shared/postgres/client";
import { z } from "zod";
import { COSIGNED_NOTE } from "./ledger-statements.ts";
import { readOne } from "./read-rows.ts";

const EventSeal = z.object({ event_id: z.string(), sealed: z.boolean() });
/** The event of a change, and whether a signed checkpoint covers it yet. */
export type EventSeal = z.infer<typeof EventSeal>;

/** Subjects of mutations; their events are found by the index audit_events_acts, a run's by its run_id. */
export type MutationSubject = "agent" | "api_key" | "director_action" | "project" | "run";

/** The first event of a subject: that of its making. */
export function readEventSeal(db: Queryable, subject: MutationSubject, id: string): Promise<EventSeal | null> {
  const found =
    subject === "run"
      ? "e.run_id = $1::uuid and e.event_type = 'run.created'"
      : `e.subject_id = $1::text and e.subject_type = '${subject}'`;
  return readOne(
    db,
    EventSeal,
    `select e.id as event_id, coalesce(l.seq < (select max(size) from audit_checkpoints), false) as sealed
       from audit_events e left join audit_leaves l on l.event_id = e.id
      where ${found} order by e.id limit 1`,
    [id],
  );
}

const CoveringCheckpoint = z.object({ note: z.string() });

/**
 * The newest checkpoint with what witnesses put under it, if it covers every event of the run; of an ended run also its
 * last `run.sealed`. Rather an earlier one that was cosigned, if that covers them, too.
 *
 * @returns null while it does not
 */
export async function readRunCheckpoint(db: Queryable, runId: string): Promise<string | null> {
  const checkpoint = await readOne(
    db,
    CoveringCheckpoint,
    `select ${COSIGNED_NOTE} as note
       from ((select generation, size, note, false as cosigned from audit_checkpoints order by size desc limit 1)
             union all
             (select generation, size, k.note, true from audit_cosignatures join audit_checkpoints k using (generation, size)
               order by generation desc, size desc limit 1)) c
       join orchestra_runs r on r.id = $1
       join lateral (select id from audit_events where run_id = r.id order by id desc limit 1) e on true
       join audit_leaves l on l.event_id = e.id
      where l.seq < c.size and (r.finished_at is null or exists (select from run_seals s where s.run_id = r.id))
      order by c.cosigned desc limit 1`,
    [runId],
  );
  return checkpoint?.note ?? null;
}
