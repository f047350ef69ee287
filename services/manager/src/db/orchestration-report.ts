import { TASK_STATUSES } from "@aura/shared/enums/task";
import type { Queryable } from "@aura/shared/postgres/client";
import { DeliveryReport, ReportedDecision } from "@aura/shared/schemas/api/report";
import { z } from "zod";
import { hex, readAll, readOne, utc } from "./read-rows.ts";

const FactsRow = DeliveryReport.pick({
  plan: true,
  model_calls: true,
  generated_at: true,
  ddl_guard: true,
}).extend({
  plan_id: z.uuid().nullable(),
  prd_title: z.string(),
  prd_sha256: z.string(),
  attachments_sha256: z.string(),
  suite: z.object({ version: z.int(), sha256: z.string() }).nullable(),
  revision: z.object({ id: z.uuid(), number: z.int(), tree_sha256: z.string() }).nullable(),
  verification: DeliveryReport.shape.verification
    .unwrap()
    .omit({ environment: true, second_run: true, coverage: true, mutation: true })
    .nullable(),
});
export type ReportFacts = z.infer<typeof FactsRow>;

/** What a run is reported about: its PRD, plan and suite in force, the delivered revision (else the head), its newest verdict. */
export function readReportFacts(db: Queryable, runId: string): Promise<ReportFacts | null> {
  return readOne(
    db,
    FactsRow,
    `select d.title as prd_title, ${hex("d.body_sha256")} as prd_sha256,
            ${hex("d.attachments_sha256")} as attachments_sha256, ${utc("now()")} as generated_at,
            ddl_guard_status() as ddl_guard, p.id as plan_id,
            case when p.id is not null then jsonb_build_object('revision', p.revision, 'digest', ${hex("p.digest")}) end as plan,
            case when s.id is not null
              then jsonb_build_object('version', s.version, 'sha256', ${hex("s.content_sha256")}) end as suite,
            case when e.id is not null then jsonb_build_object('id', e.id, 'number', e.number,
              'tree_sha256', ${hex("e.tree_sha256")}) end as revision,
            (select jsonb_build_object('id', v.id, 'kind', q.kind, 'outcome', v.outcome,
                      'report_sha256', ${hex("v.report_sha256")}, 'sandbox_level', v.sandbox_level,
                      'environment_sha256', ${hex("v.environment_sha256")},
                      'auditor', v.auditor, 'created_at', ${utc("v.created_at")})
               from verifications v join verification_requests q on q.id = v.request_id
              where v.run_id = r.id and v.tree_sha256 = e.tree_sha256
              order by (q.kind = 'assembly') desc, v.created_at desc limit 1) as verification,
            (select count(*)::int from model_calls m where m.run_id = r.id) as model_calls
       from orchestra_runs r
       join prds d on d.id = r.prd_id
       left join plans p on p.id = r.plan_id
       left join suites s on s.id = r.suite_id
       left join revisions e on e.id = coalesce(r.delivered_revision_id, r.head_revision_id)
      where r.id = $1`,
    [runId],
  );
}

const DecisionRow = ReportedDecision.extend({ kind: z.enum(["overrides", "inspections", "set_aside"]) });

/** What persons decided instead of evidence: overridden verdicts, inspections, what was set aside. */
export function readReportDecisions(db: Queryable, runId: string) {
  return readAll(
    db,
    DecisionRow,
    `select x.kind, x.subject, x.verdict, coalesce(a.reason, '') as reason, coalesce(a.director_id, '') as director_id,
            a.id as director_action_id, ${utc("a.created_at")} as created_at
       from (select 'overrides' as kind, key as subject, override_verdict as verdict, overridden_by as action_id
               from requirements where run_id = $1
             union all
             select 'inspections', key, inspection_verdict, inspected_by from requirements where run_id = $1
             union all
             select 'set_aside', key, null, set_aside_by from requirements where run_id = $1
             union all
             select 'set_aside', block_id, null, set_aside_by from block_dispositions where run_id = $1
             union all
             select 'overrides', t.key, 'pass', (select d.id from director_actions d
                      where d.target_id = t.id and d.action = 'override_verdict' and d.outcome = 'done'
                      order by d.created_at desc limit 1)
               from task_queue t where t.run_id = $1 and t.overridden) x
       join director_actions a on a.id = x.action_id
      order by a.created_at, x.subject`,
    [runId],
  );
}

/** Tests that a developer disputed, and in which version of the suite they were replaced. */
export function readReportDisputes(db: Queryable, runId: string) {
  return readAll(
    db,
    DeliveryReport.shape.disputes.element,
    `select d.test_id, d.basis, d.ruling,
            (select s.version from suites s
              where s.run_id = d.run_id and d.test_id = any (s.replaces_test_ids) and s.created_at >= d.created_at
              order by s.version limit 1) as suite_version
       from test_disputes d where d.run_id = $1 order by d.created_at, d.test_id`,
    [runId],
  );
}

/** Products of the analyst's last submission and of the verified reviews, by hash. */
export function readReportProducts(db: Queryable, runId: string) {
  return readAll(
    db,
    z.object({ kind: z.enum(["requirements", "review"]), product_sha256: z.string() }),
    `select distinct on (t.id) t.kind, ${hex("a.product_sha256")} as product_sha256
       from task_queue t join task_attempts a on a.task_id = t.id
      where t.run_id = $1 and a.product_sha256 is not null
        and (t.kind = 'requirements' or (t.kind = 'review' and t.status = 'verified'))
      order by t.id, a.attempt desc`,
    [runId],
  );
}

const AmendmentRow = z.object({
  task_status: z.enum(TASK_STATUSES),
  spec_sha256: z.string(),
  product_sha256: z.string().nullable(),
  suites: z.object({ before: z.string(), after: z.string() }).nullable(),
});

/** The run's task of this key with the newest product that was handed in for it, and the suites before and after it, if it changed. */
export function readReportAmendment(db: Queryable, runId: string, key: string) {
  return readOne(
    db,
    AmendmentRow,
    `select t.status as task_status, ${hex("t.spec_sha256")} as spec_sha256,
            (select ${hex("a.product_sha256")} from task_attempts a
              where a.task_id = t.id and a.product_sha256 is not null order by a.attempt desc limit 1) as product_sha256,
            (select jsonb_build_object('before', ${hex("b.content_sha256")}, 'after', ${hex("s.content_sha256")})
               from verifications v
               join suites s on s.verification_id = v.id
               join suites b on b.run_id = s.run_id and b.version = s.version - 1
              where v.task_id = t.id limit 1) as suites
       from task_queue t where t.run_id = $1 and t.key = $2`,
    [runId, key],
  );
}

/** What the Director answered, oldest first. */
export function readReportAnswers(db: Queryable, runId: string) {
  return readAll(
    db,
    DeliveryReport.shape.answers.element,
    `select question, answer from approvals
      where run_id = $1 and kind = 'question' and question is not null and answer is not null order by created_at, question`,
    [runId],
  );
}

/** How often each task was tried. */
export function readReportAttempts(db: Queryable, runId: string) {
  return readAll(
    db,
    DeliveryReport.shape.attempts.element,
    `select key as task_key, title, status, attempt as attempts, failures from task_queue
      where run_id = $1 order by created_at, key`,
    [runId],
  );
}
