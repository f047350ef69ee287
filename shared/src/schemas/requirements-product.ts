import { z } from "zod";

/** What the analyst submits for a `requirements` task. */
export const Requirement = z.strictObject({
  id: z.string().regex(/^R\d+$/),
  block_ids: z.array(z.string().regex(/^B\d+$/)).min(1),
  kind: z.enum(["functional", "non_functional", "interface", "constraint"]),
  priority: z.enum(["must", "should", "could"]),
  title: z.string().min(3).max(200),
  text: z.string().min(3),
  acceptance_criteria: z.array(z.string().min(3)).min(1),
  verification_method: z.enum(["test", "measurement", "inspection"]),
});
export type Requirement = z.infer<typeof Requirement>;

export const Question = z.strictObject({
  id: z.string().regex(/^Q\d+$/),
  block_ids: z.array(z.string().regex(/^B\d+$/)).min(1),
  question: z.string().min(3),
  /** What the analyst will assume when policy lets it go on without an answer. */
  assumption: z.string().min(3),
});
export type Question = z.infer<typeof Question>;

export const RequirementsProduct = z.strictObject({
  requirements: z.array(Requirement).min(1),
  /** Every block that no requirement cites. `set_aside` is a person's act and never an analyst's. */
  dispositions: z.array(
    z.strictObject({
      block_id: z.string().regex(/^B\d+$/),
      disposition: z.enum(["requirement", "context", "non_goal", "question"]),
      reason: z.string(),
    }),
  ),
  questions: z.array(Question),
});
export type RequirementsProduct = z.infer<typeof RequirementsProduct>;
