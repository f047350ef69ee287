import type { Queryable } from "@aura/shared/postgres/client";
import { z } from "zod";
import { hex, utc } from "./read-rows.ts";

/** What an export says beside the envelope, in the order in which it says it. */
export const EXPORT_COLUMNS = [
  ...["id", "source", "severity", "description", "created_at", "event_type", "run_id", "task_id"],
  ...["subject_type", "subject_id", "actor_kind", "actor_id", "tx"],
] as const;

const ExportRow = z.object({
  seq: z.coerce.number(),
  env: z.instanceof(Buffer),
  leaf: z.string(),
  columns: z.array(z.string()),
  salt: z.instanceof(Buffer).nullable(),
  payload: z.instanceof(Buffer).nullable(),
});
/** A numbered event with all that belongs to it, byte for byte; `columns` are EXPORT_COLUMNS, empty ones "". */
export type ExportRow = z.infer<typeof ExportRow>;

/** Rows and bytes of one page: what a reader who takes nothing may hold in memory. */
const PAGE_ROWS = 500;
const PAGE_BYTES = 4 * 1024 * 1024;

const COLUMNS = EXPORT_COLUMNS.map(
  (name) => `coalesce(${name === "created_at" ? utc("e.created_at") : `e.${name}::text`}, '')`,
).join(", ");

/**
 * The next events with `start` <= seq < `end`, in order, as many as fit into a page and at least one. What was taken out of
 * the log behind its back is left out, which shows to whoever checks.
 *
 * @returns where the next page starts
 */
export async function readExportPage(db: Queryable, start: number, end: number) {
  const { rows } = await db.query(
    `select * from (
       select l.seq, e.env, ${hex("l.leaf")} as leaf, array[${COLUMNS}] as columns, p.salt, p.payload,
              sum(octet_length(e.env) + coalesce(octet_length(p.payload), 0))
                over (order by l.seq rows between unbounded preceding and 1 preceding) as bytes_before
         from (select * from audit_leaves where seq >= $1 and seq < $2 order by seq limit ${PAGE_ROWS}) l
         join audit_events e on e.id = l.event_id
         left join audit_payloads p on p.event_id = e.id) page
      where coalesce(bytes_before, 0) < ${PAGE_BYTES} order by seq`,
    [start, end],
  );
  const events = z.array(ExportRow).parse(rows);
  return { events, next: (events.at(-1)?.seq ?? start + PAGE_ROWS - 1) + 1 };
}

/** All events of a run with a sequence below `end`, in order. */
export async function readRunExport(db: Queryable, runId: string, end: number): Promise<ExportRow[]> {
  const { rows } = await db.query(
    `select l.seq, e.env, ${hex("l.leaf")} as leaf, array[${COLUMNS}] as columns, p.salt, p.payload
       from audit_events e join audit_leaves l on l.event_id = e.id left join audit_payloads p on p.event_id = e.id
      where e.run_id = $1 and l.seq < $2 order by l.seq`,
    [runId, end],
  );
  return z.array(ExportRow).parse(rows);
}
