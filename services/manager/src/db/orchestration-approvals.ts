import { APPROVAL_KINDS, APPROVAL_STATUSES, OVERSIGHTS } from "@aura/shared/enums/run";
import type { Queryable } from "@aura/shared/postgres/client";
import { z } from "zod";
import { select, selectOne } from "./orchestration-select.ts";
import { OPEN_RUN } from "./orchestration-tasks.ts";

/** The database's time in so many hours, RFC 3339. */
export async function readExpiry(db: Queryable, hours: number): Promise<string> {
  const [row] = await select(
    db,
    z.object({ at: z.string() }),
    `select to_char(now() + make_interval(hours => $1), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at`,
    [hours],
  );
  return z.object({ at: z.string() }).parse(row).at;
}

const ApprovalRow = z.object({
  approval_id: z.string(),
  run_id: z.string(),
  kind: z.enum(APPROVAL_KINDS),
  digest: z.string(),
  subject_id: z.string(),
  content_sha256: z.string(),
  question: z.string().nullable(),
});
export type ApprovalRow = z.infer<typeof ApprovalRow>;

const APPROVAL = `p.id as approval_id, p.run_id, p.kind, encode(p.digest, 'hex') as digest, p.subject_id,
  encode(p.content_sha256, 'hex') as content_sha256, p.question`;

const ExpiredRow = ApprovalRow.extend({ oversight: z.enum(OVERSIGHTS), strict_policy: z.boolean() });
export type ExpiredApproval = z.infer<typeof ExpiredRow>;

/** Approvals of open runs whose time is over: nobody decided them, or nothing used them. */
export function readExpiredApprovals(db: Queryable) {
  return select(
    db,
    ExpiredRow,
    `select ${APPROVAL}, r.oversight, r.strict_policy from approvals p join orchestra_runs r on r.id = p.run_id
      where (p.status = 'pending' or (p.status = 'approved' and p.used_at is null))
        and p.expires_at < now() and ${OPEN_RUN}`,
  );
}

/**
 * Open approvals about something that is not up for decision any more: the run ended, another plan took the plan's
 * place, the judged attempt or the question's task moved on, the revision is not the head.
 */
export function readPointlessApprovals(db: Queryable) {
  return select(
    db,
    z.object({ approval_id: z.string() }),
    `select p.id as approval_id
       from approvals p join orchestra_runs r on r.id = p.run_id
      where (p.status = 'pending' or (p.status = 'approved' and p.used_at is null and p.kind <> 'question'))
        and case
              when not (${OPEN_RUN}) then true
              when p.kind = 'plan' then p.subject_id is distinct from r.plan_id
              when p.kind = 'delivery' then p.subject_id is distinct from r.head_revision_id
              when p.kind = 'landing' then not exists (
                select from verification_requests q join task_queue t on t.id = q.task_id
                 where q.id = p.subject_id and (t.status = 'submitted' or t.overridden) and t.attempt = q.attempt
                   and q.base_revision_id is not distinct from r.head_revision_id
                   and q.suite_id is not distinct from r.suite_id)
              else not exists (
                select from task_queue t
                 where t.id = p.subject_id and t.status = 'awaiting_director' and t.waiting_code = 'question')
            end`,
  );
}

const PlanGateRow = ApprovalRow.extend({ decision_reason: z.string().nullable() });
export type PlanGate = z.infer<typeof PlanGateRow>;

/** Approvals that a person or a policy granted and that nobody has used yet, of the given kind. */
export function readUsableApprovals(db: Queryable, kind: ApprovalRow["kind"]) {
  return select(
    db,
    ApprovalRow,
    `select ${APPROVAL} from approvals p join orchestra_runs r on r.id = p.run_id
      where p.kind = $1 and p.status = 'approved' and p.used_at is null and ${OPEN_RUN}`,
    [kind],
  );
}

/** Gates that the Director refused, with the reason given. */
export function readRefusedGates(db: Queryable, status: "rejected" | "changes_requested") {
  return select(
    db,
    PlanGateRow,
    `select ${APPROVAL}, d.reason as decision_reason
       from approvals p
       join orchestra_runs r on r.id = p.run_id
       left join director_actions d on d.id = p.decided_by
      where p.status = $1 and ${OPEN_RUN} and case p.kind
              when 'plan' then p.subject_id = r.plan_id
              when 'delivery' then p.subject_id = r.head_revision_id
              when 'landing' then exists (
                select from verification_requests q join task_queue t on t.id = q.task_id
                 where q.id = p.subject_id and t.status = 'submitted' and t.attempt = q.attempt)
              else false end
        and not exists (
              select from task_queue n
               where n.run_id = p.run_id and n.kind = 'plan' and n.created_at at time zone 'UTC' > p.decided_at)`,
    [status],
  );
}

const AnswerRow = z.object({ attempt_order: z.string(), question: z.string(), answer: z.string() });

/** What the Director answered to a task's questions, oldest first. */
export async function readAnswers(db: Queryable, taskId: string) {
  const rows = await select(
    db,
    AnswerRow,
    `select to_char(p.created_at, 'YYYYMMDDHH24MISSUS') as attempt_order, p.question, p.answer
       from approvals p
      where p.kind = 'question' and p.subject_id = $1 and p.answer is not null and p.question is not null
      order by p.created_at, p.question`,
    [taskId],
  );
  return rows.map(({ question, answer }) => ({ question, answer }));
}

const SubjectApprovalRow = z.object({
  approval_id: z.string(),
  status: z.enum(APPROVAL_STATUSES),
  digest: z.string(),
  used: z.boolean(),
  decision_reason: z.string().nullable(),
});
export type SubjectApproval = z.infer<typeof SubjectApprovalRow>;

/** The newest approval of this kind about a subject that still means something; null: none was opened. */
export function readSubjectApproval(db: Queryable, kind: ApprovalRow["kind"], subjectId: string) {
  return selectOne(
    db,
    SubjectApprovalRow,
    `select p.id as approval_id, p.status, encode(p.digest, 'hex') as digest, p.used_at is not null as used,
            d.reason as decision_reason
       from approvals p left join director_actions d on d.id = p.decided_by
      where p.kind = $1 and p.subject_id = $2 and p.status not in ('expired', 'voided')
      order by p.created_at desc, p.id limit 1`,
    [kind, subjectId],
  );
}

/**
 * How many approvals of this kind about a subject came to nothing: the occasion of the next one. Two managers that open
 * it at once mean the same occasion, and so the same approval.
 */
export async function countDeadApprovals(db: Queryable, kind: ApprovalRow["kind"], subjectId: string) {
  const [row] = await select(
    db,
    z.object({ count: z.number() }),
    `select count(*)::int as count from approvals
      where kind = $1 and subject_id = $2 and status in ('expired', 'voided')`,
    [kind, subjectId],
  );
  return row?.count ?? 0;
}
