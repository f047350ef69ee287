import { readJson } from "@aura/shared/postgres/blobs";
import type { Queryable } from "@aura/shared/postgres/client";
import type { TaskContext } from "@aura/shared/schemas/task-context";
import { TaskSpec } from "@aura/shared/schemas/task-spec";
import { readContextTask } from "../../db/orchestration-context.ts";
import { readRunFacts } from "../../db/orchestration-specification.ts";
import type { ContextGround } from "./ground.ts";
import { implementContext } from "./implement-context.ts";
import { planContext } from "./plan-context.ts";
import { requirementsContext } from "./requirements-context.ts";
import { reviewContext } from "./review-context.ts";
import { suiteContext } from "./suite-context.ts";

const BUILDERS = {
  requirements: requirementsContext,
  plan: planContext,
  acceptance_tests: suiteContext,
  implement: implementContext,
  review: reviewContext,
} as const;

/** Everything that an agent is given for the next attempt at a task, from the database alone. */
export async function assembleContext(db: Queryable, taskId: string): Promise<TaskContext> {
  const task = await readContextTask(db, taskId);
  const [spec, facts] = await Promise.all([readJson(db, task.spec_sha256, TaskSpec), readRunFacts(db, task.run_id)]);
  const ground: ContextGround = { task, spec, facts };
  return BUILDERS[task.kind](db, ground);
}
