import { TASK_KINDS } from "@aura/shared/enums/task";
import type { Queryable } from "@aura/shared/postgres/client";
import { z } from "zod";
import { select, selectOne } from "./orchestration-select.ts";

const ContextTaskRow = z.object({
  task_id: z.string(),
  run_id: z.string(),
  kind: z.enum(TASK_KINDS),
  key: z.string(),
  title: z.string(),
  spec_sha256: z.string(),
  attempt: z.number(),
  return_code: z.string().nullable(),
  best_request_id: z.string().nullable(),
  disputes_test_ids: z.array(z.string()),
  last_outcome: z.string().nullable(),
  last_detail: z.string().nullable(),
  last_product_sha256: z.string().nullable(),
});
/** A task that a context is assembled for, and how its last attempt ended. */
export type ContextTask = z.infer<typeof ContextTaskRow>;

export async function readContextTask(db: Queryable, taskId: string): Promise<ContextTask> {
  const row = await selectOne(
    db,
    ContextTaskRow,
    `select t.id as task_id, t.run_id, t.kind, t.key, t.title, encode(t.spec_sha256, 'hex') as spec_sha256, t.attempt,
            t.return_code, t.best_request_id, t.disputes_test_ids, a.outcome as last_outcome,
            a.outcome_detail as last_detail,
            (select encode(s.product_sha256, 'hex') from task_attempts s
              where s.task_id = t.id and s.product_sha256 is not null order by s.attempt desc limit 1) as last_product_sha256
       from task_queue t left join task_attempts a on a.task_id = t.id and a.attempt = t.attempt
      where t.id = $1`,
    [taskId],
  );
  return ContextTaskRow.parse(row);
}

const JudgementRow = z.object({ request_id: z.string(), outcome: z.string(), report_sha256: z.string() });
export type Judgement = z.infer<typeof JudgementRow>;

/** The newest verdict about a task, whichever attempt it was about; null: it was never judged. */
export function readLastJudgement(db: Queryable, taskId: string): Promise<Judgement | null> {
  return selectOne(
    db,
    JudgementRow,
    `select v.request_id, v.outcome, encode(v.report_sha256, 'hex') as report_sha256
       from verifications v where v.task_id = $1 order by v.attempt desc, v.created_at desc limit 1`,
    [taskId],
  );
}

const BestRequestRow = z.object({
  base_tree_sha256: z.string().nullable(),
  tree_sha256: z.string(),
  report_sha256: z.string(),
});

/** The best judged attempt of a task: the head it was judged on, its tree, its report. */
export function readBestAttempt(db: Queryable, requestId: string) {
  return selectOne(
    db,
    BestRequestRow,
    `select encode(b.tree_sha256, 'hex') as base_tree_sha256, encode(q.tree_sha256, 'hex') as tree_sha256,
            encode(v.report_sha256, 'hex') as report_sha256
       from verification_requests q
       join verifications v on v.request_id = q.id
       left join revisions b on b.id = q.base_revision_id
      where q.id = $1`,
    [requestId],
  );
}

/** Hash of the report of a verification. */
export async function readReportSha(db: Queryable, verificationId: string): Promise<string | null> {
  const row = await selectOne(
    db,
    z.object({ sha256: z.string() }),
    "select encode(report_sha256, 'hex') as sha256 from verifications where id = $1",
    [verificationId],
  );
  return row?.sha256 ?? null;
}

/** Why the Director wanted the last landing of a task changed; null: it was not. */
export async function readLandingNote(db: Queryable, taskId: string): Promise<string | null> {
  const row = await selectOne(
    db,
    z.object({ reason: z.string().nullable() }),
    `select d.reason from approvals p
       join verification_requests q on q.id = p.subject_id
       join director_actions d on d.id = p.decided_by
      where p.kind = 'landing' and p.status in ('changes_requested', 'rejected') and q.task_id = $1
      order by p.decided_at desc limit 1`,
    [taskId],
  );
  return row?.reason ?? null;
}

/** The tests that a task has to judge, with the reasons for which they are disputed. */
export function readDisputesOf(db: Queryable, disputeTaskId: string) {
  return select(
    db,
    z.object({ test_id: z.string(), basis: z.string() }),
    "select test_id, basis from test_disputes where dispute_task_id = $1 order by test_id",
    [disputeTaskId],
  );
}

/** Product of the requirements task that was adopted; null before. */
export async function readRequirementsProductSha(db: Queryable, runId: string): Promise<string | null> {
  const row = await selectOne(
    db,
    z.object({ sha256: z.string() }),
    `select encode(a.product_sha256, 'hex') as sha256
       from task_queue t join task_attempts a on a.task_id = t.id
      where t.run_id = $1 and t.kind = 'requirements' and a.product_sha256 is not null
      order by a.attempt desc limit 1`,
    [runId],
  );
  return row?.sha256 ?? null;
}
