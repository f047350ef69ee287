import { z } from "zod";
import { Id, PageQuery, Timestamp, Usd } from "./conventions.ts";

/** The version of a policy that applies now. */
export const Policy = z
  .strictObject({
    key: z.string(),
    version: z.int(),
    value: z.string(),
    description: z.string(),
    created_at: Timestamp,
  })
  .meta({ id: "Policy" });
export type Policy = z.infer<typeof Policy>;

export const PolicyDecision = z
  .strictObject({
    id: Id,
    run_id: Id.nullable(),
    task_id: Id.nullable(),
    policy_key: z.string(),
    policy_version: z.int(),
    decision: z.enum(["allow", "deny", "needs_approval"]),
    subject: z.string(),
    reason: z.string(),
    created_at: Timestamp,
  })
  .meta({ id: "PolicyDecision" });
export type PolicyDecision = z.infer<typeof PolicyDecision>;

export const PolicyDecisionListQuery = PageQuery.extend({
  run_id: Id.optional(),
  task_id: Id.optional(),
  policy_key: z.string().max(200).optional(),
  decision: PolicyDecision.shape.decision.optional(),
});

const Money = z.strictObject({ limit: Usd, settled: Usd, reserved: Usd, left: Usd });
const Tokens = z.strictObject({ limit: z.int(), settled: z.int(), reserved: z.int(), left: z.int() });

/** What a run may spend, has spent, and holds back for calls under way. `left` is never below zero. */
export const Budget = z
  .strictObject({
    run_id: Id,
    usd: Money,
    tokens: Tokens,
    calls: z.int(),
    by_model: z.array(
      z.strictObject({ provider: z.string(), model: z.string(), calls: z.int(), usd: Usd, tokens: z.int() }),
    ),
    by_task: z.array(z.strictObject({ task_id: Id, key: z.string(), calls: z.int(), usd: Usd, tokens: z.int() })),
  })
  .meta({ id: "Budget" });
export type Budget = z.infer<typeof Budget>;
