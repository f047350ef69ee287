import { z } from "zod";
import { TreePath } from "./prd.ts";

/** What a developer submits for an `implement` task: what changed against the tree it was given. */
export const DeltaProduct = z.strictObject({
  base_tree_sha256: z.string(),
  changes: z
    .array(z.strictObject({ path: TreePath, /** null deletes the file */ content: z.string().nullable() }))
    .min(1),
  summary: z.string(),
  /** Tests that the developer thinks contradict the PRD; judged by a test author who never sees code. */
  disputes: z.array(z.strictObject({ test_id: z.string(), basis: z.string().min(10) })).default([]),
});
export type DeltaProduct = z.infer<typeof DeltaProduct>;

/** What a reviewer submits for a `review` task. It adds doubt, never a pass. */
export const ReviewProduct = z.strictObject({
  summary: z.string(),
  doubts: z.array(
    z.strictObject({
      path: TreePath,
      line: z.int().positive().nullable(),
      requirement_id: z.string().nullable(),
      severity: z.enum(["low", "medium", "high"]),
      text: z.string().min(3),
    }),
  ),
});
export type ReviewProduct = z.infer<typeof ReviewProduct>;
