import { sha256Hex } from "@aura/shared/models/canonical-json";
import type { AcceptanceTest } from "@aura/shared/schemas/suite-product";
import type { EvidenceItem, TestResult } from "@aura/shared/schemas/verification-report";
import type { ProductFunction, Sandbox } from "../sandbox/port.ts";
import { isPass } from "../validators/verdicts.ts";
import { runTests, type SuiteGround, type SuiteRun, unsteady } from "./suite-run.ts";

const DAY_S = 86_400;

export interface ConfirmedRun extends SuiteRun {
  readonly functions: readonly ProductFunction[];
  /** Numbers of the functions that each test reached, by its id. */
  readonly reached: ReadonlyMap<string, readonly number[]>;
}

/** What a second run has different. */
interface Circumstances {
  readonly seed: number;
  readonly clock_offset_s: number;
}

/**
 * Confirms every pass of `run` by a second run in fresh scratch: with another seed, in another order, with the clock ahead by
 * weeks or months, on the product whose functions say that they are reached. What fails then is run again on the delivered tree
 * itself, so that only a difference of circumstances counts: it makes the test unsteady, and its message says which.
 *
 * A test that reached functions of the product must also die once all bodies are removed; one that does not is a survivor.
 */
export async function confirmPasses(
  sandbox: Sandbox,
  ground: SuiteGround,
  tests: readonly AcceptanceTest[],
  run: SuiteRun,
): Promise<ConfirmedRun> {
  const passed = new Set(run.tests.filter((test) => isPass(test) && counts(run, test)).map(({ test_id }) => test_id));
  const chosen = inOtherOrder(
    tests.filter(({ id }) => passed.has(id)),
    ground.seed,
  );
  if (chosen.length === 0) return { ...run, functions: [], reached: new Map() };
  const other = otherCircumstances(ground.seed);
  const instrumented = await sandbox.instrument(ground);
  const second = await runTests(sandbox, { ...ground, ...other, tree: instrumented.tree }, chosen, "confirmation_run");
  const causes = await differences(sandbox, ground, other, failing(chosen, second.tests));
  const reached = new Map(Object.entries(second.reached));
  const removal = await aliveWithoutBodies(
    sandbox,
    ground,
    chosen.filter(({ id }) => !run.guards.includes(id) && reached.has(id)),
  );
  return {
    ...run,
    tests: run.tests.map((test) => named(test, causes.flaky)),
    flaky: new Set([...run.flaky, ...causes.flaky.keys()]),
    survivors: new Set([...run.survivors, ...removal.alive]),
    evidence: [...run.evidence, second.evidence, ...causes.evidence, ...removal.evidence],
    functions: instrumented.functions,
    reached,
  };
}

const counts = ({ flaky, survivors }: SuiteRun, { test_id }: TestResult) =>
  !flaky.has(test_id) && !survivors.has(test_id);

/** Follows from the seed, so that judging again is the same run. */
function otherCircumstances(seed: number): Circumstances {
  return { seed: (seed + 104_729) % 2 ** 28, clock_offset_s: (30 + (seed % 360)) * DAY_S + (seed % 23) * 3600 };
}

function inOtherOrder(tests: readonly AcceptanceTest[], seed: number): AcceptanceTest[] {
  const place = new Map(tests.map(({ id }) => [id, sha256Hex(`${seed} ${id}`)]));
  return tests.toSorted((a, b) => ((place.get(a.id) ?? "") < (place.get(b.id) ?? "") ? -1 : 1));
}

function failing(tests: readonly AcceptanceTest[], results: readonly TestResult[]): AcceptanceTest[] {
  const passed = new Set(results.filter(isPass).map(({ test_id }) => test_id));
  return tests.filter(({ id }) => !passed.has(id));
}

/** Which tests fail on the delivered tree, too, under other circumstances, and whether it is the clock that they depend on. */
async function differences(
  sandbox: Sandbox,
  ground: SuiteGround,
  other: Circumstances,
  tests: readonly AcceptanceTest[],
): Promise<{ flaky: Map<string, string>; evidence: EvidenceItem[] }> {
  const flaky = new Map<string, string>();
  if (tests.length === 0) return { flaky, evidence: [] };
  const plain = await runTests(sandbox, { ...ground, ...other }, tests, "confirmation_run");
  const differing = failing(tests, plain.tests);
  if (differing.length === 0) return { flaky, evidence: [plain.evidence] };
  const now = await runTests(sandbox, { ...ground, seed: other.seed }, differing, "confirmation_run");
  const withoutClock = new Set(failing(differing, now.tests).map(({ id }) => id));
  for (const { id } of differing) flaky.set(id, withoutClock.has(id) ? `with seed ${other.seed}` : clockCause(other));
  return { flaky, evidence: [plain.evidence, now.evidence] };
}

function clockCause({ clock_offset_s }: Circumstances): string {
  return `with the clock ${Math.floor(clock_offset_s / DAY_S)} days ahead, and not with the clock of now`;
}

function named(test: TestResult, flaky: ReadonlyMap<string, string>): TestResult {
  const cause = flaky.get(test.test_id);
  return cause === undefined ? test : unsteady(test, `it passed, and failed ${cause} on the same tree.`);
}

/** Tests that still pass when no function of the product has a body. */
async function aliveWithoutBodies(
  sandbox: Sandbox,
  ground: SuiteGround,
  tests: readonly AcceptanceTest[],
): Promise<{ alive: string[]; evidence: EvidenceItem[] }> {
  if (tests.length === 0) return { alive: [], evidence: [] };
  const tree = await sandbox.stripBodies(ground);
  const removal = await runTests(sandbox, { ...ground, tree }, tests, "body_removal_run");
  return { alive: removal.tests.filter(isPass).map(({ test_id }) => test_id), evidence: [removal.evidence] };
}
