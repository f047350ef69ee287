import type { Tree } from "@aura/shared/models/tree";
import type { AcceptanceTest, SuiteProduct } from "@aura/shared/schemas/suite-product";
import type { EnvironmentFacts, EvidenceItem, TestResult } from "@aura/shared/schemas/verification-report";
import type { SurroundingsName } from "../harness/surroundings.ts";
import type { AcceptanceResult, PlanInterfaces, Sandbox } from "../sandbox/port.ts";
import { finding } from "../validators/findings.ts";
import { isPass, type SuiteObservation } from "../validators/verdicts.ts";
import { EnvironmentFailure } from "./judge-context.ts";

/** What one suite is run on. */
export interface SuiteGround {
  readonly tree: Tree;
  /** Packages of the plan. */
  readonly dependencies: Tree;
  readonly toolchain: string;
  readonly interfaces: PlanInterfaces;
  readonly suite: SuiteProduct;
  readonly attachments: Tree;
  readonly seed: number;
  /** Seconds by which the clock of product and tests is ahead. */
  readonly clock_offset_s: number;
  readonly surroundings: SurroundingsName;
}

export interface SuiteRun extends SuiteObservation {
  /** Those of the tests that pass on the stub. */
  readonly guards: readonly string[];
  readonly evidence: readonly EvidenceItem[];
  readonly environment: EnvironmentFacts;
}

/**
 * Runs `tests` on a product; none of them: nothing was observed, and it is named what would have isolated it. What failed is run once more in a fresh scratch: a test that passes then is unsteady and
 * proves nothing either way. Guards that passed must then die on the product with all bodies removed.
 *
 * @param guards ids of the tests that passed on the stub
 */
export async function observeSuite(
  sandbox: Sandbox,
  ground: SuiteGround,
  tests: readonly AcceptanceTest[],
  guards: readonly string[],
): Promise<SuiteRun> {
  if (tests.length === 0) return { ...NOTHING_OBSERVED, environment: await sandbox.environment() };
  const first = await runTests(sandbox, ground, tests, "acceptance_run");
  const failed = new Set(first.tests.filter((test) => !isPass(test)).map((test) => test.test_id));
  const again = await runSome(sandbox, ground, tests, failed, "acceptance_run");
  const flaky = new Set(again.tests.filter(isPass).map((test) => test.test_id));
  const own = guards.filter((id) => tests.some((test) => test.id === id));
  const alive = new Set(own.filter((id) => !failed.has(id)));
  const stripped =
    alive.size === 0 ? ground.tree : await sandbox.stripBodies({ tree: ground.tree, toolchain: ground.toolchain });
  const removal = await runSome(sandbox, { ...ground, tree: stripped }, tests, alive, "body_removal_run");
  return {
    tests: first.tests.map((test) => (flaky.has(test.test_id) ? unsteady(test, FAILED_FIRST) : test)),
    guards: own,
    flaky,
    survivors: new Set(removal.tests.filter(isPass).map((test) => test.test_id)),
    evidence: [first.evidence, ...again.evidence, ...removal.evidence],
    environment: first.environment,
  };
}

const NOTHING_OBSERVED = {
  tests: [],
  guards: [],
  flaky: new Set<string>(),
  survivors: new Set<string>(),
  evidence: [],
};

/**
 * One run in a clean sandbox.
 *
 * @throws {EnvironmentFailure} when the run was not ended by the product or the tests
 */
export async function runTests(
  sandbox: Sandbox,
  ground: SuiteGround,
  tests: readonly AcceptanceTest[],
  kind: EvidenceItem["kind"],
): Promise<AcceptanceResult> {
  const { suite, ...rest } = ground;
  const result = await sandbox.runAcceptance({ ...rest, prelude: suite.prelude, tests });
  requireExecuted(result.evidence);
  requireAll(tests, result.tests);
  return { ...result, evidence: { ...result.evidence, kind } };
}

async function runSome(
  sandbox: Sandbox,
  ground: SuiteGround,
  tests: readonly AcceptanceTest[],
  wanted: ReadonlySet<string>,
  kind: EvidenceItem["kind"],
): Promise<{ tests: readonly TestResult[]; evidence: readonly EvidenceItem[] }> {
  if (wanted.size === 0) return { tests: [], evidence: [] };
  const chosen = tests.filter(({ id }) => wanted.has(id));
  const result = await runTests(sandbox, ground, chosen, kind);
  return { tests: result.tests, evidence: [result.evidence] };
}

/**
 * Refuses evidence of a run that never took place: what was judged had no part in that.
 *
 * @throws {EnvironmentFailure}
 */
export function requireExecuted({ reason }: Pick<EvidenceItem, "reason">): void {
  if (reason !== "spawn_failed" && reason !== "isolation_unavailable") return;
  const code = reason === "isolation_unavailable" ? reason : "sandbox_failed";
  throw new EnvironmentFailure(finding(code, null, `The sandbox could not carry out the run (${reason}).`));
}

/** A test without a result must not look like a test that nobody asked for. */
function requireAll(tests: readonly AcceptanceTest[], results: readonly TestResult[]): void {
  const seen = new Set(results.map(({ test_id }) => test_id));
  const lost = tests.filter(({ id }) => !seen.has(id)).map(({ id }) => id);
  if (lost.length === 0) return;
  throw new EnvironmentFailure(finding("sandbox_failed", null, `The run gave no result for ${lost.join(", ")}.`));
}

/** What the repetition of a failed test shows that passes. */
export const FAILED_FIRST = "failed once and passed once on the same tree.";

/** @param how what two runs of it showed, as a sentence */
export function unsteady(test: TestResult, how: string): TestResult {
  return { ...test, message: `unsteady: ${how} ${test.message ?? ""}`.trim() };
}

/** A whole number that follows from the request, so that judging it again is the same run. */
export function seedOf(requestId: string): number {
  return Number.parseInt(requestId.replaceAll("-", "").slice(-7), 16);
}
