import { sha256Hex } from "@aura/shared/models/canonical-json";
import type { Tree } from "@aura/shared/models/tree";
import type { AcceptanceTest } from "@aura/shared/schemas/suite-product";
import type { EvidenceItem, SecondRun, TestResult } from "@aura/shared/schemas/verification-report";
import type { ProductFunction, Sandbox } from "../sandbox/port.ts";
import { isPass } from "../validators/verdicts.ts";
import { aliveWithoutOwnFunctions } from "./own-functions.ts";
import { FAILED_FIRST, runTests, type SuiteGround, type SuiteRun, unsteady } from "./suite-run.ts";

const DAY_S = 86_400;

export interface ConfirmedRun extends SuiteRun {
  readonly functions: readonly ProductFunction[];
  /** Numbers of the functions that each test reached, by its id. */
  readonly reached: ReadonlyMap<string, readonly number[]>;
  readonly second_run: SecondRun;
}

/** What a second run has different. */
type Circumstances = Pick<SuiteGround, "seed" | "clock_offset_s" | "surroundings">;

/**
 * Confirms every pass of `run` by a second run in fresh scratch: with another seed, in another order, with the clock ahead by
 * weeks or months, in the surroundings of a person's machine, on the product whose functions say that they are reached. What fails
 * then is run again with less that is different, so that only those count: they make the test unsteady, and its message says which.
 *
 * A test that reached functions of the product must also die once all bodies are removed, and one of a requirement's tests once those
 * are that only they reach; those that do not are survivors.
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
  if (chosen.length === 0) return { ...run, functions: [], reached: new Map(), second_run: secondRun(run) };
  const other = otherCircumstances(ground.seed);
  const instrumented = await sandbox.instrument({ tree: ground.tree, toolchain: ground.toolchain });
  const second = await runTests(sandbox, { ...ground, ...other, tree: instrumented.tree }, chosen, "confirmation_run");
  const causes = await differences(sandbox, ground, instrumented.tree, other, failing(chosen, second.tests));
  const reached = new Map(Object.entries(second.reached));
  const removal = await aliveWithoutBodies(
    sandbox,
    ground,
    chosen.filter(({ id }) => !run.guards.includes(id) && reached.has(id)),
  );
  const confirmed = chosen.filter(({ id }) => !causes.flaky.has(id) && !removal.alive.includes(id));
  const part = await aliveWithoutOwnFunctions(sandbox, ground, instrumented, reached, confirmed);
  return {
    ...run,
    tests: run.tests.map((test) => named(test, causes.flaky)),
    flaky: new Set([...run.flaky, ...causes.flaky.keys()]),
    survivors: new Set([...run.survivors, ...removal.alive, ...part.alive]),
    evidence: [...run.evidence, second.evidence, ...causes.evidence, ...removal.evidence, ...part.evidence],
    functions: instrumented.functions,
    reached,
    second_run: secondRun(run, {
      repeated: chosen.length,
      clock_offset_s: second.clock_offset_s,
      causes: causes.flaky,
    }),
  };
}

const NOT_MADE = { repeated: 0, clock_offset_s: 0, causes: new Map<string, string>() };

/** How it ended, for people: with what only the repetition of failures showed, since those are two runs that disagree, too. */
function secondRun({ tests, flaky }: SuiteRun, { repeated, clock_offset_s, causes } = NOT_MADE): SecondRun {
  const shown = (id: string) => {
    const cause = causes.get(id);
    if (cause !== undefined) return failedThen(cause);
    return flaky.has(id) ? FAILED_FIRST : null;
  };
  const disagreed = tests.flatMap(({ test_id, requirement_ids }) => {
    const because = shown(test_id);
    return because === null ? [] : [{ test_id, requirement_ids, because }];
  });
  return { tests: repeated, agreed: repeated - causes.size, clock_offset_s, disagreed };
}

const failedThen = (cause: string) => `it passed, and failed ${cause} on the same tree.`;

const counts = ({ flaky, survivors }: SuiteRun, { test_id }: TestResult) =>
  !flaky.has(test_id) && !survivors.has(test_id);

/** Follows from the seed, so that judging again is the same run. */
function otherCircumstances(seed: number): Circumstances {
  const clock_offset_s = (30 + (seed % 360)) * DAY_S + (seed % 23) * 3600;
  return { seed: (seed + 104_729) % 2 ** 28, clock_offset_s, surroundings: "everyday" };
}

function inOtherOrder(tests: readonly AcceptanceTest[], seed: number): AcceptanceTest[] {
  const place = new Map(tests.map(({ id }) => [id, sha256Hex(`${seed} ${id}`)]));
  return tests.toSorted((a, b) => ((place.get(a.id) ?? "") < (place.get(b.id) ?? "") ? -1 : 1));
}

function failing(tests: readonly AcceptanceTest[], results: readonly TestResult[]): AcceptanceTest[] {
  const passed = new Set(results.filter(isPass).map(({ test_id }) => test_id));
  return tests.filter(({ id }) => !passed.has(id));
}

/** A step from the delivered tree and the first run's circumstances to the second run: what it adds, and how to name it. */
interface Step {
  readonly change: Partial<SuiteGround>;
  /** Null: what fails with it is no fault of anybody. */
  readonly cause: string | null;
}

/**
 * What made tests fail in the second run: each step adds to the run what the second one had different, and a test is unsteady
 * because of the first with which it fails; the probes, which are no fault of anybody, come before the clock, with which
 * nobody could tell them apart.
 */
async function differences(
  sandbox: Sandbox,
  ground: SuiteGround,
  instrumented: Tree,
  other: Circumstances,
  tests: readonly AcceptanceTest[],
): Promise<{ flaky: Map<string, string>; evidence: EvidenceItem[] }> {
  const flaky = new Map<string, string>();
  const evidence: EvidenceItem[] = [];
  let [open, now] = [tests, ground];
  for (const { change, cause } of steps(other, instrumented)) {
    if (open.length === 0) break;
    now = { ...now, ...change };
    const run = await runTests(sandbox, now, open, "confirmation_run");
    const failed = failing(open, run.tests);
    if (cause !== null) for (const { id } of failed) flaky.set(id, cause);
    evidence.push(run.evidence);
    open = open.filter((test) => !failed.includes(test));
  }
  for (const { id } of open) flaky.set(id, clockCause(other));
  return { flaky, evidence };
}

function steps({ seed, surroundings }: Circumstances, instrumented: Tree): Step[] {
  return [
    { change: { seed }, cause: `with seed ${seed}` },
    { change: { surroundings }, cause: "with the variables, the port and the headers of a person's machine" },
    { change: { tree: instrumented }, cause: null },
  ];
}

function clockCause({ clock_offset_s }: Circumstances): string {
  return `with the clock ${Math.floor(clock_offset_s / DAY_S)} days ahead, and not with the clock of now`;
}

function named(test: TestResult, flaky: ReadonlyMap<string, string>): TestResult {
  const cause = flaky.get(test.test_id);
  return cause === undefined ? test : unsteady(test, failedThen(cause));
}

/** Tests that still pass when no function of the product has a body. */
async function aliveWithoutBodies(
  sandbox: Sandbox,
  ground: SuiteGround,
  tests: readonly AcceptanceTest[],
): Promise<{ alive: string[]; evidence: EvidenceItem[] }> {
  if (tests.length === 0) return { alive: [], evidence: [] };
  const tree = await sandbox.stripBodies({ tree: ground.tree, toolchain: ground.toolchain });
  const removal = await runTests(sandbox, { ...ground, tree }, tests, "body_removal_run");
  return { alive: removal.tests.filter(isPass).map(({ test_id }) => test_id), evidence: [removal.evidence] };
}
