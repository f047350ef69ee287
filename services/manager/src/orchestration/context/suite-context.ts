import { readJson } from "@aura/shared/postgres/blobs";
import type { Queryable } from "@aura/shared/postgres/client";
import { invariant } from "@aura/shared/problems";
import { SuiteProduct } from "@aura/shared/schemas/suite-product";
import type { TaskContextOf } from "@aura/shared/schemas/task-context";
import { readDisputesOf } from "../../db/orchestration-context.ts";
import { readBlocks, readPlan, readRequirements, readSuite } from "../../db/orchestration-specification.ts";
import { mergeSuite } from "../suite-merge.ts";
import { attachmentFiles } from "./context-files.ts";
import { failureSources } from "./failure-sources.ts";
import { assumptionsOf, type ContextGround, inScopeOf, installedDependencies, toolchainFacts } from "./ground.ts";
import { lastFailure } from "./last-failure.ts";

/** For the test author: requirements and interfaces and never a file of the product. */
export async function suiteContext(db: Queryable, ground: ContextGround): Promise<TaskContextOf<"acceptance_tests">> {
  const { task, spec, facts } = ground;
  const plan = await readPlan(db, facts);
  invariant(plan !== null, "tests are written for an adopted plan");
  const suite = await readSuite(db, facts);
  const disputes = await readDisputesOf(db, task.task_id);
  const byId = new Map(suite?.tests.map((test) => [test.id, test]));
  return {
    kind: "acceptance_tests",
    task_key: task.key,
    title: facts.title,
    requirements: inScopeOf(await readRequirements(db, task.run_id)),
    blocks: await readBlocks(db, facts),
    assumptions: await assumptionsOf(db, task.run_id),
    interfaces: plan.interfaces,
    attachments: await attachmentFiles(db, facts),
    toolchain: toolchainFacts(facts.toolchain),
    ...(await installedDependencies(db, facts, plan)),
    wanted_requirement_ids: spec.requirement_ids,
    previous: await previousSuite(db, ground, suite),
    disputes: disputes.flatMap(({ test_id, basis }) => {
      const test = byId.get(test_id);
      return test === undefined ? [] : [{ test, basis }];
    }),
    ...(spec.survivors === undefined ? {} : { survivors: spec.survivors }),
    last_failure: lastFailure(await failureSources(db, task, spec)),
  };
}

/** The suite in force, with the author's own last tests in it, unless all tests in force stay as they are. */
async function previousSuite(db: Queryable, { task, spec }: ContextGround, suite: SuiteProduct | null) {
  if (task.last_product_sha256 === null || spec.survivors !== undefined) return suite;
  const own = await readJson(db, task.last_product_sha256, SuiteProduct);
  return mergeSuite(suite, own, new Set(spec.requirement_ids), new Set(task.disputes_test_ids));
}
