import { TASK_KINDS } from "@aura/shared/enums/task";
import type { Queryable } from "@aura/shared/postgres/client";
import { Agent } from "@aura/shared/schemas/api/agent";
import { z } from "zod";
import { type PageRequest, pageOfRows, readAll, readOne, usd, utc } from "./read-rows.ts";

/** A runtime whose heartbeat is older than this is taken for gone; the verbs use the same number. */
export const RUNTIME_SILENCE_S_MAX = 20;

const LIVE = `h.seen_at > now() - make_interval(secs => ${RUNTIME_SILENCE_S_MAX})`;

const AGENT = `
  select a.id, a.slug, a.capabilities, a.provider, a.model, a.mode, a.standing, a.max_concurrent,
         ${utc("a.created_at")} as created_at, ${utc("a.changed_at")} as changed_at,
         (select count(*) from task_queue t
          where t.assigned_agent = a.id::text and t.status in ('assigned', 'running')) as open_tasks,
         case when n.id is not null then jsonb_build_object('id', n.id, 'name', n.name,
           'live', coalesce(${LIVE}, false), 'seen_at', ${utc("h.seen_at")}) end as runtime
  from agents a
  left join agent_bindings b on b.agent_id = a.id
  left join agent_runtimes n on n.id = b.runtime_id
  left join runtime_heartbeats h on h.runtime_id = n.id`;

export function readAgent(db: Queryable, agent_id: string): Promise<Agent | null> {
  return readOne(db, Agent, `${AGENT} where a.id = $1`, [agent_id]);
}

/** By slug. */
export async function readAgents(
  db: Queryable,
  filter: { standing?: string | undefined; capability?: string | undefined },
  page: PageRequest,
) {
  const rows = await readAll(
    db,
    Agent,
    `${AGENT}
     where ($1::text is null or a.standing = $1) and ($2::text is null or $2 = any (a.capabilities))
       and ($3::text is null or a.slug > $3)
     order by a.slug limit $4`,
    [filter.standing ?? null, filter.capability ?? null, page.after?.[0] ?? null, page.limit + 1],
  );
  return pageOfRows(rows, page, (row) => [row.slug]);
}

const RecordRow = z.object({
  kind: z.enum(TASK_KINDS),
  attempts: z.int(),
  accepted: z.int(),
  rejected: z.int(),
  first_time_accepted: z.int(),
  gave_up: z.int(),
  expired: z.int(),
  environment: z.int(),
  usd: z.string(),
  tokens: z.int(),
});

/** How an agent's attempts were judged, one row a task kind. An attempt judged again counts by its newest verdict. */
export function readAgentRecord(db: Queryable, agent_id: string) {
  return readAll(
    db,
    RecordRow,
    `select t.kind, count(*) as attempts, count(*) filter (where f.outcome = 'accepted') as accepted,
            count(*) filter (where f.outcome = 'rejected') as rejected,
            count(*) filter (where f.outcome = 'accepted' and m.attempt = 1) as first_time_accepted,
            count(*) filter (where m.outcome = 'gave_up') as gave_up,
            count(*) filter (where m.outcome = 'expired') as expired,
            count(*) filter (where f.outcome = 'environment') as environment,
            ${usd("coalesce(sum(c.usd), 0)")} as usd, coalesce(sum(c.tokens), 0) as tokens
     from task_attempts m
     join task_queue t on t.id = m.task_id
     left join lateral (
       select outcome from verifications v where v.task_id = m.task_id and v.attempt = m.attempt
       order by v.created_at desc, v.id desc limit 1
     ) f on true
     left join lateral (
       select sum(coalesce(usd, reserved_usd)) as usd,
              sum(coalesce(input_tokens + output_tokens, reserved_tokens)) as tokens
       from model_calls k where k.task_id = m.task_id and k.claim_id = m.claim_id and k.status <> 'reserved'
     ) c on true
     where m.agent_id = $1 group by t.kind order by t.kind`,
    [agent_id],
  );
}

const OfferRow = z.object({ provider: z.string() });

/** Model providers that live runtimes are configured for. */
export async function readOfferedProviders(db: Queryable): Promise<string[]> {
  const rows = await readAll(
    db,
    OfferRow,
    `select distinct unnest(n.providers) as provider
     from agent_runtimes n join runtime_heartbeats h on h.runtime_id = n.id where ${LIVE}`,
  );
  return rows.map(({ provider }) => provider);
}

/** True when there is a price for the model, by its exact name or for every model of the provider. */
export async function hasPrice(db: Queryable, provider: string, model: string): Promise<boolean> {
  const found = await readOne(
    db,
    z.object({ one: z.literal(1) }),
    "select 1 as one from model_prices where provider = $1 and model in ($2, '*') limit 1",
    [provider, model],
  );
  return found !== null;
}
