import { z } from "zod";
import { SuiteProduct } from "./suite-product.ts";

/** A change of an accepted product that no test noticed, as the author of its tests is told of it: words, and never code. */
export const Survivor = z.strictObject({
  /** With what it lies in, such as `Wallet.withdraw`. */
  function: z.string(),
  /** What was different. */
  behaviour: z.string(),
  /** Of the tests that reach the function. */
  requirement_ids: z.array(z.string()).min(1),
});
export type Survivor = z.infer<typeof Survivor>;

export const SURVIVOR_ANSWERS = ["tested", "equivalent", "not_required"] as const;

/** What the author says to a survivor: a new test notices it, nobody could notice it, or no requirement speaks of it. */
export const SurvivorAnswer = z.strictObject({
  /** Its place in the task's list, from 1. */
  number: z.int().positive(),
  answer: z.enum(SURVIVOR_ANSWERS),
  basis: z.string().min(3).max(1000),
});
export type SurvivorAnswer = z.infer<typeof SurvivorAnswer>;

/** What a test author submits: a suite, and in the task about survivors one answer for each. The answers are no part of the suite. */
export const SubmittedSuite = SuiteProduct.extend({ survivor_answers: z.array(SurvivorAnswer).max(100).optional() });
export type SubmittedSuite = z.infer<typeof SubmittedSuite>;
