import type { Queryable } from "@aura/shared/postgres/client";
import type { TaskContextOf } from "@aura/shared/schemas/task-context";
import { readBlocks, readRequirements } from "../../db/orchestration-specification.ts";
import { headNow } from "../submission-tree.ts";
import { contextFiles } from "./context-files.ts";
import { assumptionsOf, type ContextGround, inScopeOf } from "./ground.ts";

/** For the reviewer: the landed product and what was wanted. */
export async function reviewContext(db: Queryable, { task, facts }: ContextGround): Promise<TaskContextOf<"review">> {
  const [requirements, blocks, assumptions, head] = await Promise.all([
    readRequirements(db, task.run_id),
    readBlocks(db, facts),
    assumptionsOf(db, task.run_id),
    headNow(db, facts.head_revision_id),
  ]);
  return {
    kind: "review",
    task_key: task.key,
    title: facts.title,
    requirements: inScopeOf(requirements),
    blocks,
    assumptions,
    tree: contextFiles(head, "bounded"),
  };
}
