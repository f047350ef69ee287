import type { Queryable } from "@aura/shared/postgres/client";
import { z } from "zod";
import { selectOne } from "./orchestration-select.ts";

const SealWait = z.object({ seconds: z.number() });
/** Age, in seconds, of the newest event of a run that no signed checkpoint covers yet. */
export type SealWait = z.infer<typeof SealWait>;

/**
 * What the end of a run waits for; the database asks the same (`_is_sealed`).
 *
 * @returns null when a signed checkpoint covers everything that happened in the run
 */
export function readSealWait(db: Queryable, runId: string): Promise<SealWait | null> {
  return selectOne(
    db,
    SealWait,
    `select extract(epoch from (now() at time zone 'UTC') - e.created_at)::float8 as seconds
       from (select id, created_at from audit_events where run_id = $1 order by id desc limit 1) e
       left join audit_leaves l on l.event_id = e.id
      where l.seq is null or l.seq >= (select coalesce(max(size), 0) from audit_checkpoints)`,
    [runId],
  );
}
