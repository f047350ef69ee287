import { readTree } from "@aura/shared/postgres/blobs";
import type { Queryable } from "@aura/shared/postgres/client";
import { invariant } from "@aura/shared/problems";
import type { SuiteProduct } from "@aura/shared/schemas/suite-product";
import type { VerificationCase } from "../../db/request-statements.ts";
import {
  isTestable,
  readAttachments,
  readGuards,
  readLayer,
  readPlan,
  readRequirements,
  readSuite,
} from "../../db/specification-statements.ts";
import type { Sandbox } from "../../sandbox/port.ts";
import { judgeStubRun } from "../../validators/acceptance-tests.ts";
import { finding } from "../../validators/findings.ts";
import { EnvironmentFailure } from "../judge-context.ts";
import { type SuiteGround, seedOf } from "../suite-run.ts";
import { runOnStub } from "./suite-judge.ts";

/**
 * The request's tree with the adopted plan and suite that it is judged by.
 *
 * @throws {EnvironmentFailure} when there is no suite and something is to be tested
 */
export async function readSuiteGround(db: Queryable, request: VerificationCase): Promise<SuiteGround> {
  const { tree_sha256, plan_id } = request;
  invariant(tree_sha256 !== null && plan_id !== null, "a tree is judged by a plan");
  const plan = await readPlan(db, plan_id);
  return {
    tree: await readTree(db, tree_sha256),
    dependencies: await readLayer(db, plan_id),
    toolchain: request.toolchain,
    interfaces: plan.interfaces,
    suite: await suiteOf(db, request),
    attachments: await readAttachments(db, request.prd_id),
    seed: seedOf(request.request_id),
    clock_offset_s: 0,
    surroundings: "bare" as const,
  };
}

async function suiteOf(db: Queryable, { run_id, suite_id }: VerificationCase): Promise<SuiteProduct> {
  if (suite_id !== null) return readSuite(db, suite_id);
  const tested = (await readRequirements(db, run_id)).filter(isTestable).map(({ key }) => key);
  if (tested.length === 0) return NOTHING_TO_TEST;
  const message = `There is no acceptance suite, and tests are to judge ${tested.join(", ")}.`;
  throw new EnvironmentFailure(finding("suite_missing", tested[0] ?? null, message));
}

const NOTHING_TO_TEST: SuiteProduct = { prelude: "", tests: [], rulings: [] };

/** The suite's guards; a suite that was never judged (carried over from another run) is run on the stub for them. */
export async function findGuards(
  db: Queryable,
  sandbox: Sandbox,
  request: VerificationCase,
  { suite }: SuiteGround,
): Promise<readonly string[]> {
  if (request.suite_id === null) return [];
  const known = await readGuards(db, request.suite_id);
  if (known !== null) return known;
  const run = await runOnStub(db, sandbox, request, suite);
  return judgeStubRun(suite, run.tests, { requirements: [], commands: [], previous: null, disputed_test_ids: [] })
    .guards;
}
