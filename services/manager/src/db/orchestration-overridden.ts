import type { Queryable } from "@aura/shared/postgres/client";
import { z } from "zod";
import { select } from "./orchestration-select.ts";
import { OPEN_RUN } from "./orchestration-tasks.ts";

/** Overridden developer tasks whose newest judged change has not landed and still fits on the head. */
export function readOverridden(db: Queryable) {
  return select(
    db,
    z.object({ run_id: z.string(), verification_id: z.string(), key: z.string(), title: z.string() }),
    `select t.run_id, v.id as verification_id, t.key, t.title
       from task_queue t
       join orchestra_runs r on r.id = t.run_id
       join lateral (
            select v.id, q.base_revision_id from verifications v join verification_requests q on q.id = v.request_id
             where v.task_id = t.id and q.kind = 'implement' order by v.created_at desc limit 1) v on true
      where t.overridden and t.kind = 'implement' and t.status = 'verified' and ${OPEN_RUN} and r.oversight <> 'locked'
        and v.base_revision_id is not distinct from r.head_revision_id
        and not exists (select from revisions e where e.task_id = t.id)`,
  );
}
