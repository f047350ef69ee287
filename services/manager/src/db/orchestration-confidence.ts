import type { Queryable } from "@aura/shared/postgres/client";
import { z } from "zod";
import { select } from "./orchestration-select.ts";

/** Runs whose score differs from the stored one: passed among the requirements in scope, three decimals. */
export function readConfidence(db: Queryable) {
  return select(
    db,
    z.object({ run_id: z.string(), score: z.string() }),
    `with newest as (
       select distinct on (d.requirement_id) d.requirement_id, d.verdict
         from verdicts d
         join verifications v on v.id = d.verification_id
         join orchestra_runs r on r.id = v.run_id and r.status in ('executing', 'awaiting_director', 'delivering')
        order by d.requirement_id, v.created_at desc),
     scored as (
       select r.id as run_id, r.confidence_score,
              round(count(*) filter (where coalesce(x.override_verdict, x.inspection_verdict, n.verdict) = 'pass')::numeric
                    / count(*), 3) as score
         from orchestra_runs r
         join requirements x on x.run_id = r.id and x.set_aside_by is null
         left join newest n on n.requirement_id = x.id
        where r.status in ('executing', 'awaiting_director', 'delivering')
        group by r.id)
     select run_id, score from scored where confidence_score is distinct from score`,
  );
}
