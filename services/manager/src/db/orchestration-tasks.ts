import { TASK_KINDS } from "@aura/shared/enums/task";
import type { Queryable } from "@aura/shared/postgres/client";
import { z } from "zod";
import { select } from "./orchestration-select.ts";

/** Runs on which work goes on. */
export const OPEN_RUN = "r.status in ('planning', 'awaiting_director', 'executing', 'delivering')";

/**
 * Task `alias` is a change that the Director declared verified, and has neither landed nor a task that does it again: as
 * the database has it in _has_unlanded_override.
 */
export function unlandedOverride(alias: string): string {
  return `(${alias}.kind = 'implement' and ${alias}.status = 'verified' and ${alias}.overridden
    and exists (select from task_attempts made where made.task_id = ${alias}.id and made.product_sha256 is not null)
    and not exists (select from revisions landed where landed.task_id = ${alias}.id)
    and not exists (select from task_queue again where again.repairs_task_id = ${alias}.id))`;
}

const TaskIdRow = z.object({ task_id: z.string() });
const TaskCodeRow = z.object({ task_id: z.string(), code: z.string() });
const TaskDetailRow = z.object({ task_id: z.string(), code: z.string(), detail: z.string() });

/**
 * Running tasks whose holder is silent. Leases are unlogged: after a crash of the database they are gone, and a live
 * holder has a minute to renew before its task counts as abandoned.
 */
export function readExpiredLeases(db: Queryable) {
  return select(
    db,
    TaskIdRow,
    `select t.id as task_id
       from task_queue t
       join task_attempts a on a.task_id = t.id and a.attempt = t.attempt
       left join task_leases l on l.task_id = t.id and l.claim_id = t.claim_id
      where t.status = 'running' and a.ended_at is null
        and coalesce(l.expires_at, a.accepted_at + interval '60 seconds') < now()`,
  );
}

/** Running tasks of agents that may not work any more. */
export function readSuspendedWork(db: Queryable) {
  return select(
    db,
    TaskCodeRow,
    `select t.id as task_id, 'agent_' || g.standing as code
       from task_queue t join agents g on g.id::text = t.assigned_agent
      where t.status = 'running' and g.standing in ('suspended', 'retired')`,
  );
}

const EndedAttemptRow = z.object({
  run_id: z.string(),
  task_id: z.string(),
  key: z.string(),
  attempt: z.number(),
  outcome: z.enum(["gave_up", "held_up"]),
  code: z.string(),
  detail: z.string(),
  /** Attempts in a row, this one included, that the provider's failure ended. */
  provider_failures: z.number(),
});
export type EndedAttempt = z.infer<typeof EndedAttemptRow>;

/** Attempts that their agents ended without a submission, and that nobody has acted on yet. */
export function readEndedAttempts(db: Queryable) {
  return select(
    db,
    EndedAttemptRow,
    `select t.run_id, t.id as task_id, t.key, t.attempt, a.outcome, coalesce(a.outcome_code, '') as code,
            coalesce(a.outcome_detail, '') as detail, ${PROVIDER_FAILURES} as provider_failures
       from task_queue t join task_attempts a on a.task_id = t.id and a.attempt = t.attempt
      where t.status = 'running' and a.outcome in ('gave_up', 'held_up')`,
  );
}

const PROVIDER_FAILURES = `(
  select count(*)::int from task_attempts p
   where p.task_id = t.id and p.outcome = 'held_up' and p.outcome_code = 'provider_failed'
     and p.attempt > coalesce((select max(o.attempt) from task_attempts o
                                where o.task_id = t.id and o.outcome_code is distinct from 'provider_failed'), 0))`;

/** Tasks that have used up their failures or whose leases ran out too often. */
export function readTasksOverLimits(db: Queryable, failuresMax: number, deathsMax: number) {
  return select(
    db,
    TaskDetailRow,
    `select t.id as task_id,
            case when t.failures >= $1 then 'failures_used_up' else 'lease_deaths' end as code,
            case when t.failures >= $1 then t.failures || ' charged failures'
                 else t.deaths || ' leases ran out while an agent held the task' end as detail
       from task_queue t join orchestra_runs r on r.id = t.run_id
      where ${OPEN_RUN} and t.status in ('ready', 'rejected') and (t.failures >= $1 or t.deaths >= $2)`,
    [failuresMax, deathsMax],
  );
}

/** Tasks of this key for which the Director would have to do something. */
export function readStoppedTasks(db: Queryable, key: string) {
  return select(
    db,
    TaskIdRow,
    `select t.id as task_id from task_queue t join orchestra_runs r on r.id = t.run_id
      where ${OPEN_RUN} and t.status = 'awaiting_director' and t.key = $1`,
    [key],
  );
}

/** Rejected tasks that may be tried again. */
export function readRetriable(db: Queryable, failuresMax: number) {
  return select(
    db,
    TaskIdRow,
    `select t.id as task_id from task_queue t join orchestra_runs r on r.id = t.run_id
      where ${OPEN_RUN} and t.status = 'rejected' and t.failures < $1`,
    [failuresMax],
  );
}

/** Assignments to take back: not accepted within 30 s, the agent may not work any more, the run is paused. */
export function readWithdrawable(db: Queryable) {
  return select(
    db,
    TaskCodeRow,
    `select t.id as task_id,
            case when g.standing in ('suspended', 'retired') then 'agent_' || g.standing
                 when r.paused_at is not null then 'run_paused'
                 when s.stopped_at is not null then 'system_stopped'
                 else 'not_accepted' end as code
       from task_queue t
       join orchestra_runs r on r.id = t.run_id
       join agents g on g.id::text = t.assigned_agent
      cross join system_state s
      where t.status = 'assigned'
        and (g.standing in ('suspended', 'retired') or r.paused_at is not null or s.stopped_at is not null
             or t.assigned_at < now() - interval '30 seconds')`,
  );
}

/** Blocked tasks whose dependencies are all verified. */
export function readReleasable(db: Queryable) {
  return select(
    db,
    TaskIdRow,
    `select t.id as task_id from task_queue t join orchestra_runs r on r.id = t.run_id
      where ${OPEN_RUN} and t.status = 'blocked' and not exists (
              select from task_dependencies d join task_queue p on p.id = d.depends_on
               where d.task_id = t.id and (p.status <> 'verified' or ${unlandedOverride("p")}))`,
  );
}

/** Blocked tasks that nothing can release any more: a dependency was cancelled or failed for good. */
export function readDeadlocked(db: Queryable) {
  return select(
    db,
    TaskDetailRow,
    `select t.id as task_id, 'stuck' as code,
            'it depends on ' || string_agg(p.key || ', which is ' || p.status, ' and ' order by p.key) as detail
       from task_queue t
       join orchestra_runs r on r.id = t.run_id
       join task_dependencies d on d.task_id = t.id
       join task_queue p on p.id = d.depends_on and p.status in ('cancelled', 'failed')
      where ${OPEN_RUN} and t.status = 'blocked'
      group by t.id`,
  );
}

const ReadyTaskRow = z.object({
  task_id: z.string(),
  run_id: z.string(),
  key: z.string(),
  kind: z.enum(TASK_KINDS),
  priority: z.number(),
  provider: z.string(),
  preferred_agent_id: z.string().nullable(),
  waited_s: z.number(),
  less_welcome_agent_ids: z.array(z.string()),
});

/**
 * Tasks to route now. A provider that failed is given time, 15 s, doubled each time, but for a task that the Director put
 * back, who knows that it answers again. The author of the suite in force should not judge a dispute about it, and who works with a coder's model should not review, where there is another.
 */
export function readReadyTasks(db: Queryable, failuresMax: number, deathsMax: number) {
  return select(
    db,
    ReadyTaskRow,
    `select t.id as task_id, t.run_id, t.key, t.kind, coalesce(t.priority, 0) + r.priority as priority,
            coalesce(r.provider, '') as provider, t.preferred_agent_id,
            extract(epoch from now() - t.status_changed_at)::float8 as waited_s,
            array(select u.agent_id from (${LESS_WELCOME}) u where u.agent_id is not null) as less_welcome_agent_ids
       from task_queue t
       join orchestra_runs r on r.id = t.run_id
      cross join system_state s
       left join task_attempts last on last.task_id = t.id and last.attempt = t.attempt
      where t.status = 'ready' and ${OPEN_RUN} and r.paused_at is null and s.stopped_at is null
        and t.failures < $1 and t.deaths < $2
        and (t.return_code is distinct from 'provider_failed'
             or last.ended_at < now() - interval '15 seconds' * power(2, least(${PROVIDER_FAILURES}, 8) - 1))
      order by 5 desc, t.created_at, t.key
      limit 500`,
    [failuresMax, deathsMax],
  );
}

const LESS_WELCOME = `
  select s.author_agent_id::text as agent_id from suites s
   where s.id = r.suite_id and cardinality(t.disputes_test_ids) > 0
  union
  select g.id::text from agents g
   where t.kind = 'review' and exists (
           select from task_queue c join task_attempts ca on ca.task_id = c.id join agents cg on cg.id = ca.agent_id
            where c.run_id = t.run_id and c.kind = 'implement'
              and (cg.provider, cg.model) is not distinct from (g.provider, g.model))`;
