import { z } from "zod";
import { FileScope } from "./plan-product.ts";
import { Survivor } from "./survivors.ts";

const RequirementKey = z.string().regex(/^R\d+$/);

/** What a task is about, beyond its row: the JSON behind `task_queue.spec_sha256`. Unused parts are empty. */
export const TaskSpec = z.strictObject({
  description: z.string().default(""),
  /** Requirements whose full text its context holds; for a suite: those that tests are wanted for. */
  requirement_ids: z.array(RequirementKey).default([]),
  closes: z.array(RequirementKey).default([]),
  file_scope: z.array(FileScope).default([]),
  /** What the Director asked to be changed, or why the task had to be. */
  note: z.string().nullable().default(null),
  /** The verification that made it necessary: its evidence is the task's first `last_failure`. */
  verification_id: z.uuid().nullable().default(null),
  /** Only for the task in which a test author answers for what no test noticed: tests are added, none is changed. */
  survivors: z.array(Survivor).optional(),
});
export type TaskSpec = z.infer<typeof TaskSpec>;
