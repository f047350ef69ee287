import type { Queryable } from "@aura/shared/postgres/client";
import { z } from "zod";
import { select } from "./orchestration-select.ts";

const LeftoverRow = z.object({ key: z.string(), base_tree_sha256: z.string().nullable(), tree_sha256: z.string() });
/** What a task that was never verified got to: the head it was judged on and its tree. */
export type Leftover = z.infer<typeof LeftoverRow>;

/** The best attempts of tasks that a partial delivery cut off: one that was accepted and not landed, else the best judged. */
export function readLeftovers(db: Queryable, runId: string): Promise<Leftover[]> {
  return select(
    db,
    LeftoverRow,
    `select t.key, encode(b.tree_sha256, 'hex') as base_tree_sha256, encode(q.tree_sha256, 'hex') as tree_sha256
       from task_queue t
       join verification_requests q on q.id = coalesce(
            (select a.id from verification_requests a join verifications v on v.request_id = a.id
              where a.task_id = t.id and v.outcome = 'accepted' order by v.created_at desc limit 1), t.best_request_id)
       left join revisions b on b.id = q.base_revision_id
      where t.run_id = $1 and t.kind = 'implement' and t.status in ('failed', 'cancelled') and t.return_code = 'deliver_partial'
      order by t.created_at, t.key`,
    [runId],
  );
}

const CandidateRow = z.object({
  revision_id: z.string(),
  number: z.number(),
  /** Made of leftovers, without a verification of its own. */
  partial: z.boolean(),
  /** Requirements that passed its assembly; null: it was not judged as a whole. */
  passed: z.number().nullable(),
});
export type Candidate = z.infer<typeof CandidateRow>;

/** The revisions of a run, newest first, with what their assembly by the suite in force showed. */
export function readCandidates(db: Queryable, runId: string): Promise<Candidate[]> {
  return select(
    db,
    CandidateRow,
    `select e.id as revision_id, e.number, e.number > 0 and e.verification_id is null as partial,
            (select count(d.*) filter (where d.verdict = 'pass')::int
               from verification_requests q
               join verifications v on v.request_id = q.id and v.outcome in ('accepted', 'rejected', 'inconclusive')
               left join verdicts d on d.verification_id = v.id
              where q.kind = 'assembly' and q.base_revision_id = e.id and q.suite_id = r.suite_id
              group by v.id, v.created_at order by v.created_at desc limit 1) as passed
       from revisions e join orchestra_runs r on r.id = e.run_id
      where e.run_id = $1 order by e.number desc`,
    [runId],
  );
}
