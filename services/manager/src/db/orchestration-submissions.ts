import { OVERSIGHTS } from "@aura/shared/enums/run";
import { TASK_KINDS } from "@aura/shared/enums/task";
import { VERIFICATION_OUTCOMES } from "@aura/shared/enums/verification";
import type { Queryable } from "@aura/shared/postgres/client";
import { z } from "zod";
import { select } from "./orchestration-select.ts";
import { OPEN_RUN, unlandedOverride } from "./orchestration-tasks.ts";

const SubmissionRow = z.object({
  run_id: z.string(),
  oversight: z.enum(OVERSIGHTS),
  strict_policy: z.boolean(),
  head_revision_id: z.string().nullable(),
  plan_id: z.string().nullable(),
  suite_id: z.string().nullable(),
  task_id: z.string(),
  kind: z.enum(TASK_KINDS),
  key: z.string(),
  title: z.string(),
  attempt: z.number(),
  claim_id: z.string(),
  /** Charged before this attempt. */
  failures: z.number(),
  /** Verified by the Director's word: the product is taken as it was judged last. */
  overridden: z.boolean(),
  best_request_id: z.string().nullable(),
  disputes_test_ids: z.array(z.string()),
  spec_sha256: z.string(),
  agent_id: z.string(),
  context_sha256: z.string(),
  product_sha256: z.string(),
  request_id: z.string().nullable(),
  request_product_sha256: z.string().nullable(),
  request_base_revision_id: z.string().nullable(),
  request_suite_id: z.string().nullable(),
  request_tree_sha256: z.string().nullable(),
  request_retry: z.number().nullable(),
  verification_id: z.string().nullable(),
  outcome: z.enum(VERIFICATION_OUTCOMES).nullable(),
  report_sha256: z.string().nullable(),
  judged_s_ago: z.number().nullable(),
});
/** A submitted task, the newest request to judge this attempt, and what came of it. */
export type Submission = z.infer<typeof SubmissionRow>;

export function readSubmissions(db: Queryable): Promise<Submission[]> {
  return select(db, SubmissionRow, `${SUBMISSION} where t.status = 'submitted' and ${OPEN_RUN} ${ORDER}`);
}

/**
 * Tasks whose verdict the Director overrode and whose product has not been adopted or landed yet: specifications as they
 * were judged last, changes whether they were judged or not.
 */
export function readOverridden(db: Queryable): Promise<Submission[]> {
  return select(
    db,
    SubmissionRow,
    `${SUBMISSION}
      where t.status = 'verified' and t.overridden and ${OPEN_RUN} and case t.kind
              when 'requirements' then v.id is not null and not exists (select from requirements x where x.run_id = r.id)
              when 'plan' then v.id is not null and not exists (select from plans x where x.verification_id = v.id)
              when 'acceptance_tests' then v.id is not null and not exists (select from suites x where x.verification_id = v.id)
              when 'implement' then ${unlandedOverride("t")}
              else false end
      ${ORDER}`,
  );
}

/** The attempt of an overridden task that counts is the last one that was submitted at all. */
const SUBMISSION = `
  select r.id as run_id, r.oversight, r.strict_policy, r.head_revision_id, r.plan_id, r.suite_id,
         t.id as task_id, t.kind, t.key, t.title, a.attempt, a.claim_id, t.failures, t.overridden, t.best_request_id,
         t.disputes_test_ids, encode(t.spec_sha256, 'hex') as spec_sha256, a.agent_id,
         encode(a.context_sha256, 'hex') as context_sha256, encode(a.product_sha256, 'hex') as product_sha256,
         q.id as request_id, encode(q.product_sha256, 'hex') as request_product_sha256,
         q.base_revision_id as request_base_revision_id, q.suite_id as request_suite_id,
         encode(q.tree_sha256, 'hex') as request_tree_sha256, q.retry as request_retry,
         v.id as verification_id, v.outcome, encode(v.report_sha256, 'hex') as report_sha256,
         extract(epoch from now() - v.created_at)::float8 as judged_s_ago
    from task_queue t
    join orchestra_runs r on r.id = t.run_id
    join lateral (
         select a.* from task_attempts a
          where a.task_id = t.id and a.product_sha256 is not null and (t.overridden or a.attempt = t.attempt)
          order by a.attempt desc limit 1) a on true
    left join lateral (
         select q.* from verification_requests q
          where q.task_id = t.id and q.attempt = a.attempt and q.claim_id = a.claim_id
          order by q.created_at desc, q.retry desc limit 1) q on true
    left join verifications v on v.request_id = q.id`;

const ORDER = "order by t.created_at, t.key";

const DisputeRow = z.object({
  dispute_id: z.string(),
  task_id: z.string(),
  attempt: z.number(),
  test_id: z.string(),
  basis: z.string(),
  ruling: z.enum(["upheld", "replaced"]).nullable(),
  dispute_task_id: z.string().nullable(),
  dispute_task_status: z.string().nullable(),
});
export type Dispute = z.infer<typeof DisputeRow>;

export function readDisputes(db: Queryable, runId: string) {
  return select(
    db,
    DisputeRow,
    `select d.id as dispute_id, d.task_id, d.attempt, d.test_id, d.basis, d.ruling, d.dispute_task_id,
            t.status as dispute_task_status
       from test_disputes d left join task_queue t on t.id = d.dispute_task_id
      where d.run_id = $1 order by d.created_at, d.test_id`,
    [runId],
  );
}

const TestRecordRow = z.object({
  test_id: z.string(),
  outcome: z.enum(["pass", "fail", "error", "not_run"]),
});

/** How the tests of a judged request went; empty where it was not judged or nothing ran. */
export function readTestRecords(db: Queryable, requestId: string) {
  return select(
    db,
    TestRecordRow,
    `select x.test_id, x.outcome from test_results x join verifications v on v.id = x.verification_id
      where v.request_id = $1 order by x.test_id`,
    [requestId],
  );
}
