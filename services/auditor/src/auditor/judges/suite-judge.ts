import type { Queryable } from "@aura/shared/postgres/client";
import { invariant } from "@aura/shared/problems";
import type { Requirement } from "@aura/shared/schemas/requirements-product";
import { SuiteProduct } from "@aura/shared/schemas/suite-product";
import type { VerificationCase } from "../../db/request-statements.ts";
import {
  isTestable,
  readAttachments,
  readLayer,
  readPlan,
  readRequirements,
  readRequirementTexts,
  readSuite,
} from "../../db/specification-statements.ts";
import type { AcceptanceResult, Sandbox } from "../../sandbox/port.ts";
import { judgeStubRun, type SuiteGround, validateSuite } from "../../validators/acceptance-tests.ts";
import { finding } from "../../validators/findings.ts";
import { EnvironmentFailure, type Judge, reportOf } from "../judge-context.ts";
import { readProduct } from "../product-reader.ts";
import { runTests, seedOf } from "../suite-run.ts";

export const judgeSuite: Judge = async ({ db, sandbox }, request) => {
  const { product, findings: malformed } = await readProduct(db, request, SuiteProduct);
  if (product === null) return reportOf(malformed);
  const ground = await suiteGround(db, request);
  const findings = validateSuite(product, ground);
  if (findings.length > 0) return reportOf(findings);
  const run = await runOnStub(db, sandbox, request, product);
  const judgement = judgeStubRun(product, run.tests, ground);
  return reportOf(judgement.findings, {
    tests: run.tests,
    guards: [...judgement.guards],
    evidence: [run.evidence],
    environment: run.environment,
  });
};

async function suiteGround(db: Queryable, request: VerificationCase): Promise<SuiteGround> {
  const requirements = await readRequirements(db, request.run_id);
  const { interfaces } = await readPlan(db, adoptedPlan(request));
  const texts = new Map((await readRequirementTexts(db, request.run_id)).map((one) => [one.id, textOf(one)]));
  return {
    requirements: requirements.map((row) => ({
      id: row.key,
      text: texts.get(row.key) ?? "",
      testable: isTestable(row),
    })),
    commands: [...interfaces.cli, ...interfaces.http].flatMap(({ command }) => command),
    previous: request.suite_id === null ? null : await readSuite(db, request.suite_id),
    disputed_test_ids: request.disputes_test_ids,
  };
}

function adoptedPlan({ plan_id }: VerificationCase): string {
  invariant(plan_id !== null, "a suite is judged against an adopted plan");
  return plan_id;
}

const textOf = ({ text, acceptance_criteria }: Requirement) => [text, ...acceptance_criteria].join("\n");

/**
 * Runs a suite on the stub skeleton of the adopted plan.
 *
 * @throws {EnvironmentFailure} when no skeleton can be built from a plan that was accepted
 */
export async function runOnStub(
  db: Queryable,
  sandbox: Sandbox,
  request: VerificationCase,
  suite: SuiteProduct,
): Promise<AcceptanceResult> {
  const { interfaces } = await readPlan(db, adoptedPlan(request));
  const { toolchain } = request;
  const stub = await sandbox.buildStub({ interfaces, toolchain });
  if (stub.findings.length > 0) {
    const message = stub.findings.map((found) => found.message).join(" ");
    throw new EnvironmentFailure(finding("stub_unavailable", null, `The accepted plan gives no stub: ${message}`));
  }
  const attachments = await readAttachments(db, request.prd_id);
  const dependencies = await readLayer(db, adoptedPlan(request));
  const ground = {
    tree: stub.tree,
    dependencies,
    toolchain,
    interfaces,
    suite,
    attachments,
    seed: seedOf(request.request_id),
    clock_offset_s: 0,
    surroundings: "bare" as const,
  };
  return runTests(sandbox, ground, suite.tests, "stub_run");
}
