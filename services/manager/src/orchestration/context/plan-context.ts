import { readJson, readTree } from "@aura/shared/postgres/blobs";
import type { Queryable } from "@aura/shared/postgres/client";
import { PlanProduct } from "@aura/shared/schemas/plan-product";
import { RequirementsProduct } from "@aura/shared/schemas/requirements-product";
import type { TaskContextOf } from "@aura/shared/schemas/task-context";
import { readRequirementsProductSha } from "../../db/orchestration-context.ts";
import { readBlocks, readPlan, readRequirements } from "../../db/orchestration-specification.ts";
import { baseOf } from "../base-run.ts";
import { attachmentFiles, contextFiles } from "./context-files.ts";
import { failureSources } from "./failure-sources.ts";
import { type ContextGround, inScopeOf, toolchainFacts } from "./ground.ts";
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
    questions: await assumedQuestions(db, task.run_id),
    attachments: await attachmentFiles(db, facts),
    toolchain: toolchainFacts(facts.toolchain),
    base_tree: tree === null ? [] : contextFiles(await readTree(db, tree), "bounded"),
    base_plan: base?.plan ?? null,
    previous: own === null ? await readPlan(db, facts) : await readJson(db, own, PlanProduct),
    last_failure: lastFailure(await failureSources(db, task, spec)),
  };
}

/** Questions that nobody had to answer: their assumptions hold. */
async function assumedQuestions(db: Queryable, runId: string) {
  const sha256 = await readRequirementsProductSha(db, runId);
  return sha256 === null ? [] : (await readJson(db, sha256, RequirementsProduct)).questions;
}
