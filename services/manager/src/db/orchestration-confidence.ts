import type { Queryable } from "@aura/shared/postgres/client";
import { z } from "zod";
import { select } from "./orchestration-select.ts";
import { hex } from "./read-rows.ts";

const ConfidenceRow = z.object({
  run_id: z.string(),
  /** The score as it is stored. */
  score: z.string().nullable(),
  passed: z.int(),
  total: z.int(),
  /** Of the accepted judgement of the assembled head. */
  report_sha256: z.string().nullable(),
  reviews: z.array(z.string()),
});

/** What the confidence in an open run follows from: requirements in scope, and the blobs that hold the rest. */
export function readConfidenceFacts(db: Queryable, runId: string | null = null) {
  return select(
    db,
    ConfidenceRow,
    `with open as (
       select r.id, r.confidence_score, r.head_revision_id from orchestra_runs r
        where case when $1::uuid is null then r.status in ('executing', 'awaiting_director', 'delivering') else r.id = $1 end),
     newest as (
       select distinct on (d.requirement_id) d.requirement_id, d.verdict
         from verdicts d
         join verifications v on v.id = d.verification_id
         join open on open.id = v.run_id
        order by d.requirement_id, v.created_at desc)
     select r.id as run_id, r.confidence_score::text as score,
            count(*) filter (where coalesce(x.override_verdict, x.inspection_verdict, n.verdict) = 'pass')::int as passed,
            count(*)::int as total,
            (select ${hex("v.report_sha256")}
               from verifications v
               join verification_requests q on q.id = v.request_id and q.kind = 'assembly'
               join revisions e on e.id = r.head_revision_id and e.tree_sha256 = v.tree_sha256
              where v.run_id = r.id and v.outcome = 'accepted' order by v.created_at desc limit 1) as report_sha256,
            array(select distinct on (t.id) ${hex("a.product_sha256")}
                    from task_queue t join task_attempts a on a.task_id = t.id
                   where t.run_id = r.id and t.kind = 'review' and t.status = 'verified' and a.product_sha256 is not null
                   order by t.id, a.attempt desc) as reviews
       from open r
       join requirements x on x.run_id = r.id and x.set_aside_by is null
       left join newest n on n.requirement_id = x.id
      group by r.id, r.confidence_score, r.head_revision_id`,
    [runId],
  );
}
export type ConfidenceFacts = Awaited<ReturnType<typeof readConfidenceFacts>>[number];
