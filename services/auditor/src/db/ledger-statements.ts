import type { Queryable } from "@aura/shared/postgres/client";
import { z } from "zod";

const Numbering = z.object({ size: z.coerce.number(), numbered: z.number() });
/** `size` is the log's length after the call, `numbered` how many events the call gave their place. */
export type Numbering = z.infer<typeof Numbering>;

/** Numbers committed events, at most `limit`, without gaps. Source: database/functions/number_events.sql */
export async function numberEvents(db: Queryable, limit: number): Promise<Numbering> {
  const { rows } = await db.query("select size, numbered from number_events($1)", [limit]);
  return Numbering.parse(rows[0]);
}

const NumberingLag = z.object({ events: z.number(), seconds: z.number() });
/** Committed events that have no number yet: how many (at most 1000 are counted) and the age of the oldest. */
export type NumberingLag = z.infer<typeof NumberingLag>;

export async function readNumberingLag(db: Queryable): Promise<NumberingLag> {
  const { rows } = await db.query(
    `select count(*)::int as events,
            coalesce(extract(epoch from (now() at time zone 'UTC') - min(created_at)), 0)::float8 as seconds
       from (select e.created_at from audit_events e, audit_log_state s
              where s.last_event_id is null or e.id > s.last_event_id
              order by e.id limit 1000) waiting`,
  );
  return NumberingLag.parse(rows[0]);
}

const SealingLag = z.object({ size: z.coerce.number(), seconds: z.number() });
/** How many events a checkpoint covers, and the age of the oldest numbered one that none covers, in seconds (0: there is none). */
export type SealingLag = z.infer<typeof SealingLag>;

export async function readSealingLag(db: Queryable): Promise<SealingLag> {
  const { rows } = await db.query(
    `select c.size, coalesce(extract(epoch from (now() at time zone 'UTC') - e.created_at), 0)::float8 as seconds
       from (select coalesce(max(size), 0) as size from audit_checkpoints) c
       left join audit_leaves l on l.seq = c.size left join audit_events e on e.id = l.event_id`,
  );
  return SealingLag.parse(rows[0]);
}

/** Age in seconds of the oldest checkpoint after the last one that any witness cosigned; 0 where there is none. */
export async function readUnwitnessedSeconds(db: Queryable): Promise<number> {
  const { rows } = await db.query(
    `select coalesce(extract(epoch from now() - min(c.signed_at)), 0)::float8 as seconds
       from audit_log_state s join audit_checkpoints c on c.generation = s.generation
      where c.size > coalesce((select max(w.size) from audit_cosignatures w where w.generation = s.generation), 0)`,
  );
  return z.object({ seconds: z.number() }).parse(rows[0]).seconds;
}

const Mismatch = z.object({
  table_name: z.string(),
  subject_id: z.string(),
  column_name: z.string(),
  expected: z.string().nullable(),
  actual: z.string().nullable(),
});
/** A value in a governed table that its events do not lead to. */
export type Mismatch = z.infer<typeof Mismatch>;

/** Replays the events and compares: `limit` differences, or all where there are fewer. Source: database/functions/replay_mismatches.sql */
export async function findMismatches(db: Queryable, limit: number): Promise<Mismatch[]> {
  const { rows } = await db.query("select * from replay_mismatches($1)", [limit]);
  return z.array(Mismatch).parse(rows);
}

/** How many events have their number. */
export async function readLogSize(db: Queryable): Promise<number> {
  const { rows } = await db.query("select size from audit_log_state");
  return z.object({ size: z.coerce.number() }).parse(rows[0]).size;
}

/** How many runs have ended, so that a run's end can be noticed. */
export async function countEndedRuns(db: Queryable): Promise<number> {
  const { rows } = await db.query("select count(*)::int as ended from orchestra_runs where finished_at is not null");
  return z.object({ ended: z.number() }).parse(rows[0]).ended;
}
