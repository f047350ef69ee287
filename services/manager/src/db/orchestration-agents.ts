import { AGENT_STANDINGS } from "@aura/shared/enums/actor";
import { TASK_KINDS } from "@aura/shared/enums/task";
import type { Queryable } from "@aura/shared/postgres/client";
import { z } from "zod";
import { select } from "./orchestration-select.ts";

/** A runtime is live while its heartbeat is younger than this; the same number stands in `assign_tasks`. */
const LIVE = "h.seen_at > now() - interval '20 seconds'";

const BindableAgentRow = z.object({
  agent_id: z.string(),
  slug: z.string(),
  provider: z.string().nullable(),
  runtime_id: z.string().nullable(),
  busy: z.boolean(),
});

/** Agents that may work, where they are bound and whether they hold tasks. */
export function readBindableAgents(db: Queryable) {
  return select(
    db,
    BindableAgentRow,
    `select a.id as agent_id, a.slug, a.provider, b.runtime_id,
            exists (select from task_queue t where t.assigned_agent = a.id::text and t.status in ('assigned', 'running')) as busy
       from agents a left join agent_bindings b on b.agent_id = a.id
      where a.standing in ('active', 'probation')
      order by a.slug`,
  );
}

const LiveRuntimeRow = z.object({ runtime_id: z.string(), providers: z.array(z.string()), free: z.number() });

/** Live runtimes with the room that is left on them. */
export function readLiveRuntimes(db: Queryable) {
  return select(
    db,
    LiveRuntimeRow,
    `select rt.id as runtime_id, rt.providers, greatest(0, rt.capacity - (
              select count(*) from task_queue t join agent_bindings b on b.agent_id::text = t.assigned_agent
               where b.runtime_id = rt.id and t.status in ('assigned', 'running')))::int as free
       from agent_runtimes rt join runtime_heartbeats h on h.runtime_id = rt.id
      where ${LIVE}
      order by rt.registered_at, rt.id`,
  );
}

const RoutableAgentRow = z.object({
  agent_id: z.string(),
  slug: z.string(),
  capabilities: z.array(z.enum(TASK_KINDS)),
  standing: z.enum(AGENT_STANDINGS),
  max_concurrent: z.number(),
  load: z.number(),
  provider: z.string().nullable(),
  model: z.string().nullable(),
  runtime_id: z.string().nullable(),
  runtime_providers: z.array(z.string()),
  judged: z.number(),
  accepted: z.number(),
});

/** The whole roster for routing; `runtime_id` only where the runtime is live. Rates come from verdicts alone. */
export function readRoutableAgents(db: Queryable) {
  return select(
    db,
    RoutableAgentRow,
    `with judged as (
       select distinct on (v.task_id, v.attempt) a.agent_id, v.outcome
         from verifications v join task_attempts a on a.task_id = v.task_id and a.attempt = v.attempt
        where v.outcome in ('accepted', 'rejected')
        order by v.task_id, v.attempt, v.created_at desc)
     select a.id as agent_id, a.slug, a.capabilities, a.standing, a.max_concurrent, a.provider, a.model,
            (select count(*)::int from task_queue t
              where t.assigned_agent = a.id::text and t.status in ('assigned', 'running')) as load,
            h.runtime_id, coalesce(rt.providers, '{}') as runtime_providers,
            (select count(*)::int from judged j where j.agent_id = a.id) as judged,
            (select count(*)::int from judged j where j.agent_id = a.id and j.outcome = 'accepted') as accepted
       from agents a
       left join agent_bindings b on b.agent_id = a.id
       left join runtime_heartbeats h on h.runtime_id = b.runtime_id and ${LIVE}
       left join agent_runtimes rt on rt.id = h.runtime_id
      order by a.slug`,
  );
}

const RunHistoryRow = z.object({
  run_id: z.string(),
  coder_ids: z.array(z.string()),
  author_ids: z.array(z.string()),
});

/** Who ever coded for a run or wrote its tests, or is about to. */
export function readRunHistory(db: Queryable, runIds: readonly string[]) {
  return select(
    db,
    RunHistoryRow,
    `with hands as (
       select t.run_id, t.kind, a.agent_id::text from task_queue t join task_attempts a on a.task_id = t.id
        where t.run_id = any ($1::uuid[]) and t.kind in ('implement', 'acceptance_tests')
       union
       select t.run_id, t.kind, t.assigned_agent from task_queue t
        where t.run_id = any ($1::uuid[]) and t.kind in ('implement', 'acceptance_tests') and t.status = 'assigned')
     select run_id, coalesce(array_agg(agent_id) filter (where kind = 'implement'), '{}') as coder_ids,
            coalesce(array_agg(agent_id) filter (where kind = 'acceptance_tests'), '{}') as author_ids
       from hands group by run_id`,
    [runIds],
  );
}
