import { readJson, readTree } from "@aura/shared/postgres/blobs";
import type { Queryable } from "@aura/shared/postgres/client";
import { PlanProduct } from "@aura/shared/schemas/plan-product";
import type { TaskContextOf } from "@aura/shared/schemas/task-context";
import { readBlocks, readPlan, readRequirements } from "../../db/orchestration-specification.ts";
import { baseOf } from "../base-run.ts";
import { attachmentFiles, contextFiles } from "./context-files.ts";
import { failureSources } from "./failure-sources.ts";
import { assumptionsOf, type ContextGround, inScopeOf, toolchainFacts } from "./ground.ts";
import { lastFailure } from "./last-failure.ts";

/** For the architect: all requirements and blocks, what the run continues from, the plan to revise. */
export async function planContext(db: Queryable, ground: ContextGround): Promise<TaskContextOf<"plan">> {
  const { task, spec, facts } = ground;
  const requirements = await readRequirements(db, task.run_id);
  const base = facts.base_run_id === null ? null : await baseOf(db, facts.base_run_id, requirements);
  const tree = facts.head_tree_sha256 ?? base?.tree_sha256 ?? null;
  const own = task.last_product_sha256;
  return {
    kind: "plan",
    task_key: task.key,
    title: facts.title,
    requirements: inScopeOf(requirements),
    blocks: await readBlocks(db, facts),
    assumptions: await assumptionsOf(db, task.run_id),
    attachments: await attachmentFiles(db, facts),
    toolchain: toolchainFacts(facts.toolchain),
    base_tree: tree === null ? [] : contextFiles(await readTree(db, tree), "bounded"),
    base_plan: base?.plan ?? null,
    previous: own === null ? await readPlan(db, facts) : await readJson(db, own, PlanProduct),
    last_failure: lastFailure(await failureSources(db, task, spec)),
  };
}
