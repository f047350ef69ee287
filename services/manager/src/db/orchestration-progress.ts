import { OVERSIGHTS, RUN_STATUSES } from "@aura/shared/enums/run";
import { VERIFICATION_OUTCOMES } from "@aura/shared/enums/verification";
import type { Queryable } from "@aura/shared/postgres/client";
import { z } from "zod";
import { select } from "./orchestration-select.ts";
import { OPEN_RUN, unlandedOverride } from "./orchestration-tasks.ts";

const WaitRow = z.object({ code: z.string(), detail: z.string() });

const ProgressRow = z.object({
  run_id: z.string(),
  status: z.enum(RUN_STATUSES),
  oversight: z.enum(OVERSIGHTS),
  strict_policy: z.boolean(),
  provider: z.string().nullable(),
  delivery_partial: z.boolean(),
  waiting_code: z.string().nullable(),
  waiting_detail: z.string().nullable(),
  /** The plan in force has passed its gate. */
  plan_used: z.boolean(),
  head_revision_id: z.string().nullable(),
  head_tree_sha256: z.string().nullable(),
  suite_id: z.string().nullable(),
  /** Every requirement is inspected or set aside: there is no suite, and none is needed. */
  untestable: z.boolean(),
  plan_id: z.string().nullable(),
  open_tasks: z.number(),
  /** Changes that the Director declared verified and that have not landed yet. */
  unlanded_overrides: z.number(),
  /** Open tasks, and overridden changes, that go on without a person. */
  moving_tasks: z.number(),
  /** What a person is waited for, the oldest first. */
  waits: z.array(WaitRow),
  /** Ready for a minute, and no live runtime is there to take it. */
  starved: z.boolean(),
  /** The first task whose last attempt a failing provider ended, while no call has succeeded since. */
  provider_wait: WaitRow.nullable(),
  /** Seconds since anything of the run changed. */
  quiet_s: z.number(),
  assembly_request_id: z.string().nullable(),
  assembly_retry: z.number().nullable(),
  assembly_requested_s_ago: z.number().nullable(),
  assembly_verification_id: z.string().nullable(),
  assembly_outcome: z.enum(VERIFICATION_OUTCOMES).nullable(),
  assembly_report_sha256: z.string().nullable(),
  assembly_judged_s_ago: z.number().nullable(),
  /** `must` requirements that tests judge, that did not pass the assembly and that nobody waived. */
  failed_keys: z.array(z.string()),
  /** Those of them for which no test ran that counts: what is missing is a test. */
  untested_keys: z.array(z.string()),
  /** `must` requirements that a person has to inspect and has not yet, or found failing. */
  inspections_open: z.array(z.string()),
  inspections_failed: z.array(z.string()),
});
/** How far an open run is: what its status is computed from. */
export type Progress = z.infer<typeof ProgressRow>;

export function readProgress(db: Queryable): Promise<Progress[]> {
  return select(
    db,
    ProgressRow,
    `select r.id as run_id, r.status, r.oversight, r.strict_policy, r.provider, r.delivery_partial, r.waiting_code, r.waiting_detail,
            r.head_revision_id, encode(h.tree_sha256, 'hex') as head_tree_sha256, r.suite_id, r.plan_id,
            ${UNTESTABLE} as untestable,
            exists (select from approvals a where a.run_id = r.id and a.kind = 'plan' and a.digest = p.digest
                       and a.status = 'approved' and a.used_at is not null) as plan_used,
            w.open_tasks, w.unlanded_overrides, w.moving_tasks, w.starved,
            coalesce(${TASK_WAITS}, '[]'::jsonb) || coalesce(${OVERRIDE_WAITS}, '[]'::jsonb) || coalesce(${GATE_WAITS}, '[]'::jsonb) as waits,
            ${PROVIDER_WAIT} as provider_wait,
            extract(epoch from now() - greatest(r.status_changed_at, w.changed_at, g.decided_at))::float8 as quiet_s,
            q.id as assembly_request_id, q.retry as assembly_retry,
            extract(epoch from now() - q.created_at)::float8 as assembly_requested_s_ago,
            v.id as assembly_verification_id, v.outcome as assembly_outcome,
            encode(v.report_sha256, 'hex') as assembly_report_sha256,
            extract(epoch from now() - v.created_at)::float8 as assembly_judged_s_ago,
            case when v.id is null then '{}' else array(${failedKeys()}) end as failed_keys,
            case when v.id is null then '{}' else array(${failedKeys("and d.verdict = 'not_run'")}) end as untested_keys,
            array(${INSPECTIONS} and x.inspection_verdict is null order by 1) as inspections_open,
            array(${INSPECTIONS} and x.inspection_verdict = 'fail' order by 1) as inspections_failed
       from orchestra_runs r
       left join plans p on p.id = r.plan_id
       left join revisions h on h.id = r.head_revision_id
      cross join lateral (${WORK}) w
      cross join lateral (select max(a.decided_at) as decided_at from approvals a where a.run_id = r.id) g
       left join lateral (
            select q.* from verification_requests q
             where q.run_id = r.id and q.kind = 'assembly' and q.base_revision_id = r.head_revision_id
               and q.suite_id is not distinct from r.suite_id
             order by q.retry desc limit 1) q on true
       left join verifications v on v.request_id = q.id
      where ${OPEN_RUN}
      order by r.started_at, r.id`,
  );
}

const LANDING_ASKED = `exists (
                select from approvals a join verification_requests q on q.id = a.subject_id
                 where a.kind = 'landing' and a.status = 'pending' and q.task_id = t.id
                   and (q.attempt = t.attempt or t.overridden))`;

const WORK = `
  select count(*) filter (where t.status not in ('verified', 'failed', 'cancelled'))::int as open_tasks,
         count(*) filter (where ${unlandedOverride("t")})::int as unlanded_overrides,
         count(*) filter (where case t.status
           when 'verified' then ${unlandedOverride("t")} and not ${LANDING_ASKED}
           when 'submitted' then not ${LANDING_ASKED}
             and not exists (
                select from test_disputes d join task_queue j on j.id = d.dispute_task_id
                 where d.task_id = t.id and d.attempt = t.attempt and d.ruling is null
                   and j.status not in ('cancelled', 'failed'))
           when 'blocked' then not exists (
                select from task_dependencies d join task_queue n on n.id = d.depends_on
                 where d.task_id = t.id and n.status <> 'verified')
           else t.status in ('ready', 'assigned', 'running', 'rejected') end)::int as moving_tasks,
         coalesce(bool_or(t.status = 'ready' and t.status_changed_at < now() - interval '60 seconds'), false)
           and not exists (select from runtime_heartbeats b where b.seen_at > now() - interval '20 seconds') as starved,
         max(t.status_changed_at) as changed_at
    from task_queue t where t.run_id = r.id`;

const TASK_WAITS = `(
  select jsonb_agg(jsonb_build_object('code', coalesce(t.waiting_code, 'stuck'),
                                      'detail', t.key || ': ' || coalesce(t.waiting_detail, ''))
                   order by t.status_changed_at, t.key)
    from task_queue t where t.run_id = r.id and t.status = 'awaiting_director')`;

const OVERRIDE_WAITS = `(
  select jsonb_agg(jsonb_build_object('code', 'environment', 'detail',
                     t.key || ': the overridden change could not be judged on the head; it is tried again every 5 minutes')
                   order by t.key)
    from task_queue t where t.run_id = r.id and ${unlandedOverride("t")}
     and (select v.outcome from verifications v where v.task_id = t.id order by v.created_at desc limit 1) = 'environment')`;

const PROVIDER_WAIT = `(
  select jsonb_build_object('code', 'provider_failed', 'detail', t.key || ': ' || coalesce(a.outcome_detail, ''))
    from task_queue t
   cross join lateral (select e.* from task_attempts e
                        where e.task_id = t.id and e.ended_at is not null order by e.attempt desc limit 1) a
   where t.run_id = r.id and t.status in ('ready', 'assigned', 'running') and a.outcome_code = 'provider_failed'
     and not exists (select from model_calls m where m.task_id = t.id and m.claim_id = t.claim_id and m.outcome = 'ok')
   order by t.created_at, t.key limit 1)`;

const GATE_WAITS = `(
  select jsonb_agg(jsonb_build_object('code', a.kind || '_approval', 'detail', 'approval ' || a.id) order by a.created_at, a.id)
    from approvals a where a.run_id = r.id and a.status = 'pending' and a.kind in ('plan', 'landing'))`;

/** As the database has it in _is_untestable. */
const UNTESTABLE = `(
  select count(*) > 0 and bool_and(x.verification_method = 'inspection' or x.set_aside_by is not null)
    from requirements x where x.run_id = r.id)`;

const failedKeys = (also = "") => `
  select x.key from requirements x
    left join verdicts d on d.verification_id = v.id and d.requirement_id = x.id
   where x.run_id = r.id and x.priority = 'must' and x.verification_method <> 'inspection' and x.set_aside_by is null
     and (x.override_verdict = 'fail' or (x.override_verdict is null and d.verdict is distinct from 'pass')) ${also}
   order by substr(x.key, 2)::int`;

const INSPECTIONS = `
  select x.key from requirements x
   where x.run_id = r.id and x.verification_method = 'inspection' and x.priority = 'must'
     and x.set_aside_by is null and x.override_verdict is distinct from 'pass'`;
