import { inScope, type Tree } from "@aura/shared/models/tree";
import { readJson, readTree } from "@aura/shared/postgres/blobs";
import type { Queryable } from "@aura/shared/postgres/client";
import { readResolution } from "@aura/shared/postgres/plan-dependencies";
import { invariant } from "@aura/shared/problems";
import { TaskSpec } from "@aura/shared/schemas/task-spec";
import type { EvidenceItem, Finding, VerificationReport } from "@aura/shared/schemas/verification-report";
import { DeltaProduct } from "@aura/shared/schemas/work-products";
import type { VerificationCase } from "../../db/request-statements.ts";
import { readPassedTests, readRequirements, readTaskGraph } from "../../db/specification-statements.ts";
import { excerpt, finding } from "../../validators/findings.ts";
import { type Closure, foreignPaths, testsToPass, validateDelta } from "../../validators/implement.ts";
import { manifestFindings } from "../../validators/manifest.ts";
import { reachable } from "../../validators/plan-graph.ts";
import { failedTests, verdictOf } from "../../validators/verdicts.ts";
import { inspectTree, withinScope } from "../inspection.ts";
import { EnvironmentFailure, type Judge, type JudgeContext, report, reportOf, withNotes } from "../judge-context.ts";
import { readProduct } from "../product-reader.ts";
import { observeSuite, requireExecuted, type SuiteGround, type SuiteRun } from "../suite-run.ts";
import { findGuards, readSuiteGround } from "./suite-ground.ts";

export const judgeImplement: Judge = async (context, request) => {
  const { db, sandbox } = context;
  const { product, findings: malformed } = await readProduct(db, request, DeltaProduct);
  if (product === null) return reportOf(malformed);
  const ground = await readSuiteGround(db, request);
  const scope = (await readSpec(db, request)).file_scope;
  const findings = [
    ...(await deltaFindings(db, request, product, ground, scope)),
    ...manifestFindings(request.toolchain, await resolutionOf(db, request), ground.tree, scope),
  ];
  if (findings.length > 0) return reportOf(findings);
  const soundness = await checkSoundness(context, request, ground, scope);
  if (soundness.findings.every(({ severity }) => severity === "warning"))
    return withNotes(await judgeTests(context, request, ground, soundness.evidence), soundness.findings);
  return reportOf(soundness.findings, { evidence: soundness.evidence, environment: await sandbox.environment() });
};

async function resolutionOf(db: Queryable, { plan_id }: VerificationCase) {
  invariant(plan_id !== null, "code is judged by an adopted plan");
  return readResolution(db, plan_id);
}

async function readSpec(db: Queryable, request: VerificationCase): Promise<TaskSpec> {
  invariant(request.spec_sha256 !== null, "an implement request has a task");
  return readJson(db, request.spec_sha256, TaskSpec);
}

async function deltaFindings(
  db: Queryable,
  request: VerificationCase,
  product: DeltaProduct,
  { tree, suite }: SuiteGround,
  scope: readonly string[],
): Promise<Finding[]> {
  const base: Tree = request.base_tree_sha256 === null ? new Map() : await readTree(db, request.base_tree_sha256);
  const given = await readTree(db, product.base_tree_sha256);
  const foreign = foreignPaths(product, { base, tree, given, suite });
  if (foreign.length > 0) {
    const message = `The tree differs from what was submitted at ${foreign.slice(0, 10).join(", ")}.`;
    throw new EnvironmentFailure(finding("tree_not_from_product", foreign[0] ?? null, message));
  }
  return validateDelta(product, { base, tree, given, file_scope: scope, suite });
}

/** Does it compile, does it hold nothing that it must not, and can the planned modules that are there be imported? */
async function checkSoundness(
  context: JudgeContext,
  request: VerificationCase,
  ground: SuiteGround,
  scope: readonly string[],
): Promise<{ findings: Finding[]; evidence: EvidenceItem[] }> {
  const { sandbox } = context;
  const { tree, dependencies, toolchain, interfaces } = ground;
  const none: Tree = new Map();
  const compile = await sandbox.runCheck({ tree, toolchain, command: "compile", arguments: [], attachments: none });
  requireExecuted(compile);
  if (compile.exit_code !== 0) {
    const message = `The product does not compile: ${excerpt(`${compile.stdout} ${compile.stderr}`, 1000)}`;
    return { findings: [finding("does_not_compile", null, message)], evidence: [] };
  }
  const inspected = withinScope(await inspectTree(context, request, ground), scope);
  const modules = interfaces.modules.filter(({ path }) => inScope(path, scope) && tree.has(path));
  if (modules.length === 0 || inspected.some(({ severity }) => severity === undefined))
    return { findings: inspected, evidence: [] };
  const imports = await sandbox.checkImports({ tree, dependencies, toolchain, modules });
  requireExecuted(imports);
  const message = `What the plan promises cannot be imported: ${excerpt(imports.output, 1000)}`;
  const findings = imports.exit_code === 0 ? [] : [finding("import_failed", null, message)];
  return { findings: [...findings, ...inspected], evidence: [imports] };
}

async function judgeTests(
  { db, sandbox }: JudgeContext,
  request: VerificationCase,
  ground: SuiteGround,
  evidence: readonly EvidenceItem[],
): Promise<VerificationReport> {
  const closure = await readClosure(db, request);
  const held = await readPassedBefore(db, request);
  const tests = testsToPass(ground.suite, closure, held);
  if (tests.length === 0) return reportOf([], { evidence: [...evidence], environment: await sandbox.environment() });
  const run = await observeSuite(sandbox, ground, tests, await findGuards(db, sandbox, request, ground));
  return testReport(run, closure, held, evidence);
}

function testReport(
  run: SuiteRun,
  { closed }: Closure,
  held: ReadonlySet<string>,
  evidence: readonly EvidenceItem[],
): VerificationReport {
  const { steady, flaky } = failedTests(run);
  const findings = [
    ...flaky.map((id) => finding("test_unsteady", id, `Test ${id} failed once and passed once on the same tree.`)),
    ...steady
      .filter((id) => held.has(id))
      .map((id) => finding("regression", id, `Test ${id} passed before this repair and fails with it.`)),
  ];
  const outcome = steady.length > 0 ? "rejected" : flaky.length > 0 ? "inconclusive" : "accepted";
  return report(outcome, findings, {
    verdicts: [...closed].map((key) => verdictOf(key, run)),
    tests: [...run.tests],
    guards: [...run.guards],
    evidence: [...evidence, ...run.evidence],
    environment: run.environment,
  });
}

/** Of a repair: the tests that passed on the assembled product which it mends. None of them may fail with it. */
async function readPassedBefore(db: Queryable, request: VerificationCase): Promise<ReadonlySet<string>> {
  const { verification_id } = await readSpec(db, request);
  const { suite_id } = request;
  if (verification_id === null || suite_id === null) return new Set();
  return new Set(await readPassedTests(db, verification_id, suite_id));
}

/** What must hold once this task is in: what it closes, what its ancestors closed, what held before the run. */
async function readClosure(db: Queryable, request: VerificationCase): Promise<Closure> {
  const requirements = await readRequirements(db, request.run_id);
  const tasks = await readTaskGraph(db, request.run_id);
  invariant(request.task_id !== null, "an implement request has a task");
  const ancestors = reachable(new Map(tasks.map((task) => [task.id, task.depends_on]))).get(request.task_id);
  const within = tasks.filter(({ id }) => id === request.task_id || ancestors?.has(id) === true);
  const overridden = new Set(within.filter((task) => task.overridden).flatMap((task) => task.closes));
  const before = requirements.filter((row) => row.unchanged && row.passed_before).map(({ key }) => key);
  const waived = requirements.filter((row) => row.waived || overridden.has(row.key)).map(({ key }) => key);
  return { closed: new Set([...before, ...within.flatMap((task) => task.closes)]), waived: new Set(waived) };
}
