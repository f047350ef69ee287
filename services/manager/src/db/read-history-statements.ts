import type { Queryable } from "@aura/shared/postgres/client";
import { z } from "zod";
import { hex, readAll, utc } from "./read-rows.ts";

const LandedRow = z.object({
  number: z.int(),
  tree_sha256: z.string(),
  message: z.string(),
  created_at: z.string(),
  /** Slug of the agent that wrote it; null for the tree that the run began with. */
  agent: z.string().nullable(),
  task_key: z.string().nullable(),
  verification_id: z.uuid().nullable(),
  /** The event that recorded the landing. */
  event_id: z.uuid().nullable(),
  delivered: z.boolean(),
});
export type LandedRow = z.infer<typeof LandedRow>;

/** The revisions that led to the run's head, first to last: each has the one before it as parent. */
export function readLandedHistory(db: Queryable, run_id: string): Promise<LandedRow[]> {
  return readAll(
    db,
    LandedRow,
    `with recursive led as (
       select v.* from revisions v join orchestra_runs r on r.head_revision_id = v.id where r.id = $1
       union all
       select v.* from revisions v join led on led.parent_id = v.id)
     select l.number, ${hex("l.tree_sha256")} as tree_sha256, l.message, ${utc("l.created_at")} as created_at, a.slug as agent,
            t.key as task_key, l.verification_id, e.id as event_id, r.delivered_revision_id is not distinct from l.id as delivered
     from led l join orchestra_runs r on r.id = l.run_id
     left join agents a on a.id = l.agent_id
     left join task_queue t on t.id = l.task_id
     left join lateral (
       select e.id from audit_events e
       where e.run_id = l.run_id and e.subject_type = 'revision' and e.subject_id = l.id::text order by e.id limit 1) e on true
     order by l.number`,
    [run_id],
  );
}
