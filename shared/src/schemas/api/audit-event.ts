import { z } from "zod";
import { Id, PageQuery, Sha256, Text, Timestamp, TimestampFilter } from "./conventions.ts";

/** One row of the log. `seq` is its place in the numbered log, null until the Auditor has numbered it. */
export const AuditEvent = z
  .strictObject({
    id: Id,
    seq: z.int().nullable(),
    event_type: z.string(),
    source: z.string().nullable(),
    severity: z.string().nullable(),
    description: z.string().nullable(),
    created_at: Timestamp,
    run_id: Id.nullable(),
    task_id: Id.nullable(),
    subject_type: z.string().nullable(),
    subject_id: z.string().nullable(),
    actor_kind: z.string(),
    actor_id: z.string(),
    request_id: z.string().nullable(),
    action_id: z.string().nullable(),
    from: z.string().nullable(),
    to: z.string().nullable(),
    changes: z.record(z.string(), z.string().nullable()).meta({ description: "audited columns that changed" }),
    leaf: Sha256,
  })
  .meta({ id: "AuditEvent" });
export type AuditEvent = z.infer<typeof AuditEvent>;

export const AuditEventListQuery = PageQuery.extend({
  source: Text.max(100).optional(),
  severity: Text.max(40).optional(),
  type: Text.max(100).optional(),
  run_id: Id.optional(),
  task_id: Id.optional(),
  from: TimestampFilter.optional(),
  to: TimestampFilter.optional(),
});

/** `types`: event types separated by commas; `task.*` stands for every event about a task. */
export const EventStreamQuery = z.strictObject({
  run_id: Id.optional(),
  types: Text.max(2000).optional(),
  after: z.coerce.number().int().min(-1).max(Number.MAX_SAFE_INTEGER).optional().meta({
    description: "sequence to go on after, for clients that cannot send Last-Event-ID; -1 is the beginning",
  }),
});
