import { z } from "zod";
import { normaliseSelfConfidence } from "../../scoring/self-confidence.ts";
import { parseLeniently } from "../lenient-parse.ts";
import { defineTool, type Tool, type ToolResult } from "./tool.ts";

/** Times that a product with findings is sent back before it is handed in as it is, for the Auditor to judge. */
const REFUSALS_MAX = 3;
const FINDINGS_SHOWN = 40;

/** Asked for as a number, taken however it comes: see normaliseSelfConfidence. */
export const SelfConfidence = z
  .unknown()
  .optional()
  .meta({ type: "number", description: "0 to 1: how likely everything handed in is right" });

/** What is wrong with a product, one sentence each; empty when it may go to the Auditor. */
export type Precheck<P> = (product: P) => readonly string[];

/** Counts refusals, so that a check that is wrong itself cannot hold a product back for ever. */
export class Refusals {
  #count = 0;

  /** Null: hand it in. */
  answer(findings: readonly string[]): ToolResult | null {
    if (findings.length === 0 || this.#count >= REFUSALS_MAX) return null;
    this.#count += 1;
    const shown = findings.slice(0, FINDINGS_SHOWN).map((finding) => `- ${finding}`);
    if (findings.length > FINDINGS_SHOWN) shown.push(`- and ${findings.length - FINDINGS_SHOWN} more of these kinds`);
    return { text: `not accepted, mend this:\n${shown.join("\n")}`, failed: true };
  }
}

export function submitted(product: unknown, selfConfidence: unknown): ToolResult {
  const self_confidence = normaliseSelfConfidence(selfConfidence);
  return { ending: { outcome: "submitted", product, self_confidence } };
}

/** Hands in a product that is one object: a plan, a review. */
export function submitWholeTool<P>(options: {
  name: string;
  description: string;
  schema: z.ZodObject & z.ZodType<P>;
  precheck: Precheck<P>;
}): Tool {
  const refusals = new Refusals();
  return defineTool({
    name: options.name,
    description: options.description,
    submits: true,
    parameters: options.schema.extend({ self_confidence: SelfConfidence }),
    run(args) {
      const { self_confidence, ...rest } = args as Record<string, unknown>;
      const product = parseLeniently(options.schema, rest);
      if (!product.ok) return { text: product.problem, failed: true };
      return refusals.answer(options.precheck(product.value)) ?? submitted(product.value, self_confidence);
    },
  });
}

/** Controls of a product that is handed in as a draft of lists; see DRAFT_RULES in prompts/protocol.ts. */
export const DraftControls = {
  more_follows: z.boolean().optional().describe("true: this is a part, more follows"),
  amend: z.boolean().optional().describe("true: only new or changed entries; the rest of the draft stays"),
  remove_ids: z.array(z.string()).optional().describe("with amend: ids to drop from the draft"),
  self_confidence: SelfConfidence,
};

/** One list of a draft after a part or an amendment: same key replaces in place, new keys are appended. */
export function mergeEntries<T>(draft: readonly T[], added: readonly T[], keyOf: (entry: T) => string): T[] {
  const merged = new Map(draft.map((entry) => [keyOf(entry), entry]));
  for (const entry of added) merged.set(keyOf(entry), entry);
  return [...merged.values()];
}

/** Where a draft stands between two calls. */
export class Draft<D> {
  #value: D;
  #open = false;
  readonly #empty: D;

  /** @param initial what an amendment in the first call changes: the last attempt's product */
  constructor(empty: D, initial: D = empty) {
    this.#empty = empty;
    this.#value = initial;
  }

  /** Takes a call in. A call that neither amends nor continues a part starts anew. */
  take(args: { more_follows?: boolean | undefined; amend?: boolean | undefined }, merge: (base: D) => D): D {
    const base = args.amend === true || this.#open ? this.#value : this.#empty;
    this.#value = merge(base);
    this.#open = args.more_follows === true;
    return this.#value;
  }
}
