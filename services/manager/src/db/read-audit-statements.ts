import type { Queryable } from "@aura/shared/postgres/client";
import { AuditEvent } from "@aura/shared/schemas/api/audit-event";
import { z } from "zod";
import { hex, type PageRequest, pageOfRows, readAll, readOne, utc } from "./read-rows.ts";

/** An event as people read it: its row, its place in the log, and what its envelope says besides. */
const EVENT = `
  select e.id, l.seq, e.event_type, e.source, e.severity, e.description, ${utc("e.created_at")} as created_at, e.run_id,
         e.task_id, e.subject_type, e.subject_id, e.actor_kind, e.actor_id, nullif(v.env ->> 'request_id', '') as request_id,
         nullif(v.env ->> 'action_id', '') as action_id, nullif(v.env ->> 'from', '') as from,
         nullif(v.env ->> 'to', '') as to, coalesce(v.env -> 'set', '{}') as changes, ${hex("e.leaf")} as leaf
  from audit_events e
  left join audit_leaves l on l.event_id = e.id
  cross join lateral (select convert_from(e.env, 'UTF8')::jsonb as env) v`;

export interface EventFilter {
  readonly source?: string | undefined;
  readonly severity?: string | undefined;
  readonly type?: string | undefined;
  readonly run_id?: string | undefined;
  readonly task_id?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Newest first, by id: the ids of events follow the order of their commits. */
export async function readEvents(db: Queryable, filter: EventFilter, page: PageRequest) {
  const rows = await readAll(
    db,
    AuditEvent,
    `${EVENT}
     where ($1::text is null or e.source = $1) and ($2::text is null or e.severity = $2)
       and ($3::text is null or e.event_type = $3) and ($4::uuid is null or e.run_id = $4)
       and ($5::uuid is null or e.task_id = $5) and ($6::timestamptz is null or e.created_at >= $6::timestamptz at time zone 'UTC')
       and ($7::timestamptz is null or e.created_at < $7::timestamptz at time zone 'UTC')
       and ($8::uuid is null or e.id < $8)
     order by e.id desc limit $9`,
    [
      filter.source ?? null,
      filter.severity ?? null,
      filter.type ?? null,
      filter.run_id ?? null,
      filter.task_id ?? null,
      filter.from ?? null,
      filter.to ?? null,
      page.after?.[0] ?? null,
      page.limit + 1,
    ],
  );
  return pageOfRows(rows, page, (row) => [row.id]);
}

/** Numbered events with `after` < seq < `before`, in order. `types` holds exact types, `subjects` whole subject types. */
export function readNumberedEvents(
  db: Queryable,
  range: { after: number; before: number; limit: number },
  filter: { run_id: string | null; types: readonly string[] | null; subjects: readonly string[] },
) {
  return readAll(
    db,
    AuditEvent,
    `${EVENT}
     where l.seq > $1 and l.seq < $2 and ($3::uuid is null or e.run_id = $3)
       and ($4::text[] is null or e.event_type = any ($4) or split_part(e.event_type, '.', 1) = any ($5::text[]))
     order by l.seq limit $6`,
    [range.after, range.before, filter.run_id, filter.types, filter.subjects, range.limit],
  );
}

/** How many events have their place in the log: the next sequence to be given. */
export async function readLogSize(db: Queryable): Promise<number> {
  const row = await readOne(db, z.object({ size: z.int() }), "select size from audit_log_state");
  return row?.size ?? 0;
}
