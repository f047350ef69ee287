import { z } from "zod";
import { AGENT_STANDINGS } from "../../enums/actor.ts";
import { TASK_KINDS } from "../../enums/task.ts";
import { Id, PageQuery, Seal, Text, Timestamp, Usd } from "./conventions.ts";

const Slug = z.string().regex(/^[a-z][a-z0-9-]{1,39}$/, "2 to 40 of a-z, 0-9 and -, a letter first");

export const AgentRequest = z
  .strictObject({
    slug: Slug,
    capabilities: z
      .array(z.enum(TASK_KINDS))
      .min(1)
      .max(TASK_KINDS.length)
      .refine((kinds) => new Set(kinds).size === kinds.length, "each kind once"),
    provider: Text.min(1).max(120).nullish().meta({ description: "null: the run's" }),
    model: Text.min(1).max(120).nullish(),
    mode: z.enum(["tools", "json"]).default("tools"),
    max_concurrent: z.int().min(1).max(16).default(1),
    reason: Text.trim().min(3).max(2000),
  })
  .meta({ id: "AgentRequest" });
export type AgentRequest = z.output<typeof AgentRequest>;

export const Agent = z
  .strictObject({
    id: Id,
    slug: Slug,
    capabilities: z.array(z.enum(TASK_KINDS)),
    provider: z.string().nullable(),
    model: z.string().nullable(),
    mode: z.enum(["tools", "json"]),
    standing: z.enum(AGENT_STANDINGS),
    max_concurrent: z.int(),
    created_at: Timestamp,
    changed_at: Timestamp,
    open_tasks: z.int().meta({ description: "assigned and running" }),
    runtime: z.strictObject({ id: Id, name: z.string(), live: z.boolean(), seen_at: Timestamp.nullable() }).nullable(),
  })
  .meta({ id: "Agent" });
export type Agent = z.infer<typeof Agent>;

export const CreatedAgent = Agent.extend(Seal).meta({ id: "CreatedAgent" });

export const AgentListQuery = PageQuery.extend({
  standing: z.enum(AGENT_STANDINGS).optional(),
  capability: z.enum(TASK_KINDS).optional(),
});

const record = {
  attempts: z.int(),
  accepted: z.int(),
  rejected: z.int(),
  first_time_accepted: z.int(),
  gave_up: z.int(),
  expired: z.int(),
  environment: z.int().meta({ description: "judged, but the surroundings failed: never charged" }),
  score: z
    .enum(["scored", "insufficient data"])
    .meta({ description: "below five judged attempts nothing can be said" }),
  interval: z
    .strictObject({ low: z.number(), high: z.number() })
    .nullable()
    .meta({ description: "95 % Wilson interval of acceptance_rate; null while data is insufficient" }),
  acceptance_rate: z.number().nullable().meta({ description: "accepted of accepted and rejected; null without any" }),
  usd: Usd,
  tokens: z.int(),
};

/** How an agent's work was judged, by the Auditor's verdicts alone; what an agent says of itself is not in it. */
export const Scorecard = z
  .strictObject({
    agent_id: Id,
    slug: Slug,
    standing: z.enum(AGENT_STANDINGS),
    ...record,
    by_kind: z.array(z.strictObject({ kind: z.enum(TASK_KINDS), ...record })),
  })
  .meta({ id: "Scorecard" });
export type Scorecard = z.infer<typeof Scorecard>;
