import { OVERSIGHTS } from "@aura/shared/enums/run";
import type { Queryable } from "@aura/shared/postgres/client";
import { z } from "zod";
import { select } from "./orchestration-select.ts";
import { OPEN_RUN } from "./orchestration-tasks.ts";

const UngatedPlanRow = z.object({
  run_id: z.string(),
  oversight: z.enum(OVERSIGHTS),
  strict_policy: z.boolean(),
  plan_id: z.string(),
  revision: z.number(),
  digest: z.string(),
  content_sha256: z.string(),
});
export type UngatedPlan = z.infer<typeof UngatedPlanRow>;

/** Plans in force that no approval was opened for. */
export function readUngatedPlans(db: Queryable) {
  return select(
    db,
    UngatedPlanRow,
    `select r.id as run_id, r.oversight, r.strict_policy, p.id as plan_id, p.revision,
            encode(p.digest, 'hex') as digest, encode(p.content_sha256, 'hex') as content_sha256
       from orchestra_runs r join plans p on p.id = r.plan_id
      where ${OPEN_RUN} and not exists (
              select from approvals a
               where a.kind = 'plan' and a.subject_id = p.id and a.status not in ('expired', 'voided'))`,
  );
}

/** Tasks of a run that are neither verified nor over; `stuck` ones stand before the Director. */
export function readOpenTasks(db: Queryable, runId: string) {
  return select(
    db,
    z.object({ task_id: z.string(), stuck: z.boolean() }),
    `select id as task_id, status = 'awaiting_director' as stuck
       from task_queue where run_id = $1 and status not in ('verified', 'failed', 'cancelled')`,
    [runId],
  );
}

/**
 * How many plan tasks a run had when something made another one necessary: the same number, whoever counts and when.
 *
 * @param occasionId the approval that asked for changes, or the verification that failed
 */
export async function countPlanTasksBefore(db: Queryable, runId: string, occasionId: string): Promise<number> {
  const [row] = await select(
    db,
    z.object({ count: z.number() }),
    `select count(*)::int as count from task_queue
      where run_id = $1 and kind = 'plan' and created_at at time zone 'UTC' <= coalesce(
              (select decided_at from approvals where id = $2), (select created_at from verifications where id = $2))`,
    [runId, occasionId],
  );
  return row?.count ?? 0;
}
