import { createPool } from "@aura/shared/postgres/client";
import type { TestDatabase } from "@aura/shared/testing/postgres";

/** Bytes of an envelope, as a usual one has. */
const ENVELOPE_BYTES = 600;

const COLUMNS =
  "id, source, severity, description, created_at, event_type, run_id, task_id, subject_type, subject_id, actor_kind, actor_id, tx, env";

/**
 * One row the way the log's triggers write it, made in SQL. The id is one that the log orders by.
 *
 * @param table where to: the log, or a table of the same columns without what makes it a log
 */
const insertInto = (table: string): string => `
  insert into ${table} (${COLUMNS})
  select (left(_uuid_floor(1, pg_current_xact_id())::text, 24) || substr(to_hex(281474976710656 + nextval('audit_counter')), 2))::uuid,
         'bench', 'info', 'bench', clock_timestamp() at time zone 'UTC', 'bench.event', null, null, 'bench', '', 'auditor', 'bench',
         pg_current_xact_id(), convert_to(repeat('x', ${ENVELOPE_BYTES}), 'UTF8')`;

/** The log's columns and indexes, but no leaf, no trigger and nobody who numbers its rows. */
export async function makePlainTable(db: TestDatabase): Promise<void> {
  await db.pools.admin.query(`
    create table bench_plain (like audit_events including defaults including indexes);
    alter table bench_plain drop column leaf`);
}

/** Inserts a second, of so many writers in short transactions. As the superuser: no service may write here. */
export async function insertsASecond(
  db: TestDatabase,
  table: "audit_events" | "bench_plain",
  writers: number,
  seconds: number,
): Promise<number> {
  const pool = createPool(db.adminUrl, "bench-writers", writers);
  const end = performance.now() + seconds * 1000;
  let inserted = 0;
  const write = async () => {
    while (performance.now() < end) {
      await pool.query(insertInto(table));
      inserted += 1;
    }
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: writers }, write));
  const rate = (inserted * 1000) / (performance.now() - begun);
  await pool.end();
  return rate;
}
