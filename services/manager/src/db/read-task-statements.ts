import type { Queryable } from "@aura/shared/postgres/client";
import { Attempt, ModelCall, Task, TaskDetail, TaskVerification } from "@aura/shared/schemas/api/task";
import { z } from "zod";
import { hex, type PageRequest, pageOfRows, readAll, readOne, usd, utc } from "./read-rows.ts";

/** A task as the database tells it; what it waits for is derived. */
export const TaskRow = Task.omit({ waiting_for: true }).extend({
  waiting_code: z.string().nullable(),
  waiting_detail: z.string().nullable(),
  run_final: z.boolean(),
  paused_at: z.string().nullable(),
  stopped_at: z.string().nullable(),
});
export type TaskRow = z.infer<typeof TaskRow>;

const TASK_COLUMNS = `
  t.id, t.run_id, t.key, t.kind, t.title, t.status, coalesce(t.priority, 0) as priority, t.assigned_agent,
  a.slug as agent_slug, t.attempt, t.failures, t.deaths, t.overridden, t.repairs_task_id, t.disputes_test_ids,
  coalesce((select jsonb_agg(jsonb_build_object('id', d.id, 'key', d.key, 'status', d.status) order by d.created_at, d.key)
            from task_dependencies k join task_queue d on d.id = k.depends_on where k.task_id = t.id), '[]') as depends_on,
  coalesce((select jsonb_agg(jsonb_build_object('id', q.id, 'key', q.key, 'closes', k.closes) order by length(q.key), q.key)
            from task_requirements k join requirements q on q.id = k.requirement_id
            where k.task_id = t.id), '[]') as requirements,
  ${usd("t.usd_limit")} as usd_limit, t.tokens_limit, ${utc("t.created_at")} as created_at,
  ${utc("t.assigned_at")} as assigned_at, ${utc("t.status_changed_at")} as status_changed_at,
  ${utc("t.completed_at")} as completed_at, t.waiting_code, t.waiting_detail,
  r.status in ('completed', 'failed', 'cancelled') as run_final, ${utc("r.paused_at")} as paused_at,
  (select ${utc("stopped_at")} from system_state) as stopped_at`;

const TASK_TABLES = `
  from task_queue t
  join orchestra_runs r on r.id = t.run_id
  left join agents a on a.id::text = t.assigned_agent`;

/** Oldest first. */
export async function readTasks(
  db: Queryable,
  run_id: string,
  filter: { status?: string | undefined; kind?: string | undefined },
  page: PageRequest,
) {
  const [at, id] = page.after ?? [null, null];
  const rows = await readAll(
    db,
    TaskRow,
    `select ${TASK_COLUMNS} ${TASK_TABLES}
     where t.run_id = $1 and ($2::text is null or t.status = $2) and ($3::text is null or t.kind = $3)
       and ($4::timestamp is null or (t.created_at, t.id) > ($4::timestamp, $5::uuid))
     order by t.created_at, t.id limit $6`,
    [run_id, filter.status ?? null, filter.kind ?? null, at, id, page.limit + 1],
  );
  return pageOfRows(rows, page, (row) => [row.created_at, row.id]);
}

const TaskDetailRow = TaskRow.extend({ spec_sha256: z.string(), spend: TaskDetail.shape.spend });

export function readTask(db: Queryable, task_id: string) {
  return readOne(
    db,
    TaskDetailRow,
    `select ${TASK_COLUMNS}, ${hex("t.spec_sha256")} as spec_sha256,
            (select jsonb_build_object(
               'usd', ${usd("coalesce(sum(coalesce(usd, reserved_usd)) filter (where status <> 'reserved'), 0)")},
               'tokens', coalesce(sum(coalesce(input_tokens + output_tokens, reserved_tokens))
                           filter (where status <> 'reserved'), 0),
               'usd_reserved', ${usd("coalesce(sum(reserved_usd) filter (where status = 'reserved'), 0)")},
               'tokens_reserved', coalesce(sum(reserved_tokens) filter (where status = 'reserved'), 0))
             from model_calls where task_id = t.id) as spend
     ${TASK_TABLES} where t.id = $1`,
    [task_id],
  );
}

export function readAttempts(db: Queryable, task_id: string) {
  return readAll(
    db,
    Attempt,
    `select m.attempt, m.claim_id, m.agent_id, a.slug as agent_slug, m.runtime_id, ${utc("m.accepted_at")} as accepted_at,
            ${utc("m.ended_at")} as ended_at, m.outcome, m.outcome_code, m.outcome_detail, m.charged, m.self_confidence,
            ${hex("m.context_sha256")} as context_sha256, ${hex("m.product_sha256")} as product_sha256,
            ${hex("m.transcript_sha256")} as transcript_sha256
     from task_attempts m join agents a on a.id = m.agent_id where m.task_id = $1 order by m.attempt`,
    [task_id],
  );
}

const VerificationRow = TaskVerification.omit({ findings: true, evidence: true }).extend({
  evidence: z.array(TaskVerification.shape.evidence.element.omit({ output: true })),
});

const VERIFICATIONS = `
     select f.id, f.request_id, w.kind, f.attempt, f.outcome, ${hex("f.tree_sha256")} as tree_sha256,
            ${hex("f.report_sha256")} as report_sha256, f.sandbox_level, f.auditor,
            ${utc("w.created_at")} as requested_at, ${utc("f.created_at")} as created_at,
            coalesce((select jsonb_agg(jsonb_build_object('requirement_id', q.id, 'requirement_key', q.key,
                        'verdict', d.verdict, 'tests_passed', d.tests_passed, 'tests_total', d.tests_total,
                        'detail', d.detail) order by length(q.key), q.key)
                      from verdicts d join requirements q on q.id = d.requirement_id
                      where d.verification_id = f.id), '[]') as verdicts,
            coalesce((select jsonb_agg(to_jsonb(e) - 'verification_id' order by e.test_id)
                      from test_results e where e.verification_id = f.id), '[]') as tests,
            coalesce((select jsonb_agg(jsonb_build_object('id', e.id, 'kind', e.kind, 'command', e.command,
                        'exit_code', e.exit_code, 'reason', e.reason, 'output_sha256', ${hex("e.output_sha256")},
                        'tree_sha256', ${hex("e.tree_sha256")}, 'duration_ms', e.duration_ms) order by e.created_at, e.id)
                      from evidence e where e.verification_id = f.id), '[]') as evidence
     from verifications f join verification_requests w on w.id = f.request_id`;

/** Judgements of a task in order, with verdicts, test results and evidence; outputs and findings are blobs. */
export function readTaskVerifications(db: Queryable, task_id: string) {
  return readAll(db, VerificationRow, `${VERIFICATIONS} where f.task_id = $1 order by f.created_at, f.id`, [task_id]);
}

/** The same of a whole run: of its tasks, and of all of them together. */
export function readRunVerifications(db: Queryable, run_id: string) {
  return readAll(db, VerificationRow, `${VERIFICATIONS} where f.run_id = $1 order by f.created_at, f.id`, [run_id]);
}

export function readModelCalls(db: Queryable, task_id: string) {
  return readAll(
    db,
    ModelCall,
    `select id, attempt, provider, model, status, reserved_tokens, ${usd("reserved_usd")} as reserved_usd, input_tokens,
            output_tokens, ${usd("usd")} as usd, outcome, ${hex("request_sha256")} as request_sha256,
            ${hex("reply_sha256")} as reply_sha256, duration_ms, ${utc("created_at")} as created_at,
            ${utc("settled_at")} as settled_at
     from model_calls where task_id = $1 order by created_at, id`,
    [task_id],
  );
}

const ActivityRow = TaskDetail.shape.activity.element;

/** The newest 200 lines that its agents logged, oldest first. */
export function readActivity(db: Queryable, task_id: string): Promise<z.infer<typeof ActivityRow>[]> {
  return readAll(
    db,
    ActivityRow,
    `select * from (
       select id, agent_id, message, severity, ${utc("created_at")} as created_at
       from agent_activity_logs where task_id = $1 order by agent_activity_logs.created_at desc, id desc limit 200
     ) newest order by created_at, id`,
    [task_id],
  );
}
