import { inScope } from "@aura/shared/models/tree";
import type { Queryable } from "@aura/shared/postgres/client";
import { invariant } from "@aura/shared/problems";
import type { SandboxJobResult } from "@aura/shared/schemas/sandbox-job";
import type { EvidenceItem, Finding } from "@aura/shared/schemas/verification-report";
import type { VerificationCase } from "../../db/request-statements.ts";
import { readPlan, readRequirements } from "../../db/specification-statements.ts";
import type { Sandbox } from "../../sandbox/port.ts";
import { judgeAssembly, type Refused } from "../../validators/assembly.ts";
import { confirmPasses } from "../confirmation.ts";
import { coverageOf } from "../coverage.ts";
import { inspectTree } from "../inspection.ts";
import { type Judge, report } from "../judge-context.ts";
import { runMutants } from "../mutation-run.ts";
import { observeSuite, requireExecuted, type SuiteGround } from "../suite-run.ts";
import { findGuards, readSuiteGround } from "./suite-ground.ts";

/** Name of the check that runs the product's own tests, in every toolchain. */
const OWN_TESTS = "unit_tests";

export const judgeAssembledProduct: Judge = async (context, request) => {
  const { db, sandbox, mutation } = context;
  const ground = await readSuiteGround(db, request);
  const inspected = await inspectTree(context, request, ground);
  const requirements = await readRequirements(db, request.run_id);
  const { tests } = ground.suite;
  const observed = await observeSuite(sandbox, ground, tests, await findGuards(db, sandbox, request, ground));
  const run = await confirmPasses(sandbox, ground, tests, observed);
  const { outcome, findings, verdicts } = judgeAssembly(
    requirements.map(({ key, priority, verification_method, waived }) => ({
      id: key,
      inspection: verification_method === "inspection",
      mandatory: priority === "must" && !waived,
    })),
    run,
    await refusedKeys(db, request, inspected),
  );
  const mutants = outcome === "accepted" ? await runMutants(sandbox, ground, run, mutation) : null;
  return report(outcome, findings, {
    verdicts: [...verdicts],
    tests: [...run.tests],
    guards: [...run.guards],
    evidence: [...run.evidence, ...(mutants === null ? [] : [mutants.evidence]), await runOwnTests(sandbox, ground)],
    environment: run.environment,
    second_run: run.second_run,
    coverage: coverageOf(run, tests),
    ...(mutants === null ? {} : { mutation: mutants.mutation }),
  });
};

/**
 * What a tree is refused for, by the requirements whose tasks answer for the file. All tests run nevertheless: each was
 * run before it landed, and repairs are planned by what every requirement's verdict is.
 */
async function refusedKeys(
  db: Queryable,
  { plan_id }: VerificationCase,
  inspected: readonly Finding[],
): Promise<readonly Refused[]> {
  invariant(plan_id !== null, "code is judged by an adopted plan");
  const { tasks } = await readPlan(db, plan_id);
  return inspected.map((found) => ({
    found,
    keys: tasks.filter(({ file_scope }) => inScope(found.subject ?? "", file_scope)).flatMap(({ closes }) => closes),
  }));
}

/** The product's own tests are shown beside the verdict and never counted: their author is the one who is judged. */
async function runOwnTests(sandbox: Sandbox, ground: SuiteGround): Promise<EvidenceItem> {
  const { tree, dependencies, toolchain, attachments } = ground;
  const request = { tree, dependencies, toolchain, command: OWN_TESTS, arguments: [], attachments };
  const result = await sandbox.runCheck(request);
  requireExecuted(result);
  return ownTestsEvidence(result);
}

function ownTestsEvidence({ exit_code, reason, stdout, stderr, duration_ms }: SandboxJobResult): EvidenceItem {
  const output = `${stdout}${stderr}`;
  return { kind: "own_tests", command: [OWN_TESTS], exit_code, reason, output, tree_sha256: null, duration_ms };
}
