import { readTree } from "@aura/shared/postgres/blobs";
import type { Queryable } from "@aura/shared/postgres/client";
import { invariant } from "@aura/shared/problems";
import type { VerificationCase } from "../../db/request-statements.ts";
import { readAttachments, readGuards, readPlan, readSuite } from "../../db/specification-statements.ts";
import type { Sandbox } from "../../sandbox/port.ts";
import { judgeStubRun } from "../../validators/acceptance-tests.ts";
import { type SuiteGround, seedOf } from "../suite-run.ts";
import { runOnStub } from "./suite-judge.ts";

/** The request's tree with the adopted plan and suite that it is judged by. */
export async function readSuiteGround(db: Queryable, request: VerificationCase): Promise<SuiteGround> {
  const { tree_sha256, plan_id, suite_id } = request;
  invariant(tree_sha256 !== null && plan_id !== null && suite_id !== null, "a tree is judged by a plan and a suite");
  const plan = await readPlan(db, plan_id);
  return {
    tree: await readTree(db, tree_sha256),
    toolchain: request.toolchain,
    interfaces: plan.interfaces,
    suite: await readSuite(db, suite_id),
    attachments: await readAttachments(db, request.prd_id),
    seed: seedOf(request.request_id),
  };
}

/** The suite's guards; a suite that was never judged (carried over from another run) is run on the stub for them. */
export async function findGuards(
  db: Queryable,
  sandbox: Sandbox,
  request: VerificationCase,
  { suite }: SuiteGround,
): Promise<readonly string[]> {
  invariant(request.suite_id !== null, "guards are those of a suite");
  const known = await readGuards(db, request.suite_id);
  if (known !== null) return known;
  const run = await runOnStub(db, sandbox, request, suite);
  return judgeStubRun(suite, run.tests, { requirements: [], previous: null, disputed_test_ids: [] }).guards;
}
