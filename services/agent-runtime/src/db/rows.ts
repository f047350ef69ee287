import { z } from "zod";

/** One row of `verb_outcome`. */
export const VerbOutcome = z.object({
  id: z.string().nullable(),
  outcome: z.enum(["done", "refused"]),
  code: z.string().nullable(),
  detail: z.string().nullable(),
});
export type VerbOutcome = z.infer<typeof VerbOutcome>;

/** Who a verb's events name. */
export interface Actor {
  readonly actor_kind: "agent" | "runtime";
  readonly actor_id: string;
}

/** The `ctx` of a verb as JSON text. */
export function ctxOf(actor: Actor): string {
  return JSON.stringify({ ...actor, request_id: null, action_id: null });
}

/** What an agent shows with every verb: its runtime's token, and the claim on its task. */
export interface ClaimProof {
  readonly token: string;
  readonly task_id: string;
  readonly claim_id: string;
}

/** The one row of a verb that was called for one item. */
export function onlyOutcome(rows: readonly unknown[]): VerbOutcome {
  return VerbOutcome.parse(rows[0]);
}
