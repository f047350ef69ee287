import { AuraError } from "@aura/shared/problems";
import type { AcceptanceTest } from "@aura/shared/schemas/suite-product";
import type { TestResult } from "@aura/shared/schemas/verification-report";
import { type Observations, type TestEnding, testRecord } from "./records.ts";
import { TestRunner } from "./test-runner.ts";
import { type SuiteSetting, TestSession } from "./test-session.ts";

const SUITE_MS = 15 * 60_000;
/** Processes that may die under tests before the rest is given up. */
const DEATHS_MAX = 5;

export interface Suite {
  readonly tests: readonly AcceptanceTest[];
  readonly prelude: string;
  /** True leaves the rest as `not_run` once a test did not pass. */
  readonly stop_at_failure?: boolean | undefined;
}

const UNSEEN: Observations = {
  product_calls: 0,
  reached_stub: false,
  last_input: null,
  last_result: null,
  pending: 0,
  reached: new Set(),
};

export interface SuiteOutcome {
  /** One record for each test, sorted by test id. */
  readonly tests: TestResult[];
  /** Numbers of the functions that each test reached, by its id; of an instrumented product only. */
  readonly reached: Readonly<Record<string, readonly number[]>>;
}

/**
 * Runs every test once, as many side by side as the jail allows.
 *
 * @param stopped asked before each test; true leaves the rest as `not_run`
 * @throws {AuraError} `isolation_unavailable` when the process that holds the tests does not start
 */
export async function runSuite(suite: Suite, setting: SuiteSetting, stopped: () => boolean): Promise<SuiteOutcome> {
  const run = new SuiteRun(suite, setting, stopped);
  const lanes = Math.min(setting.jail.parallel, suite.tests.length);
  await Promise.all(Array.from({ length: lanes }, () => run.work()));
  return {
    tests: run.results.sort((a, b) => (a.test_id < b.test_id ? -1 : 1)),
    reached: Object.fromEntries(run.reached),
  };
}

class SuiteRun {
  readonly results: TestResult[] = [];
  readonly reached = new Map<string, number[]>();
  private readonly suite: Suite;
  private readonly setting: SuiteSetting;
  private readonly stopped: () => boolean;
  private readonly deadline = performance.now() + SUITE_MS;
  private next = 0;
  private deaths = 0;
  private failed = false;

  constructor(suite: Suite, setting: SuiteSetting, stopped: () => boolean) {
    this.suite = suite;
    this.setting = setting;
    this.stopped = stopped;
  }

  /** One lane: takes the next test until none is left, with a fresh process after each death. */
  async work(): Promise<void> {
    let runner = await this.startRunner();
    try {
      for (let test = this.take(); test !== undefined; test = this.take()) {
        if (!runner.isAlive && this.mayRun() === null) {
          await runner.close();
          runner = await this.startRunner();
        }
        await this.one(runner, test);
      }
    } finally {
      await runner.close();
    }
  }

  private async startRunner(): Promise<TestRunner> {
    const runner = new TestRunner(this.setting.jail, this.setting.clock);
    if ((await runner.ready) || this.stopped()) return runner;
    await runner.close();
    const detail = `the process that holds the tests does not start: ${runner.stderr().trim().slice(-400)}`;
    throw new AuraError("isolation_unavailable", detail);
  }

  private take(): AcceptanceTest | undefined {
    this.next += 1;
    return this.suite.tests[this.next - 1];
  }

  private async one(runner: TestRunner, test: AcceptanceTest): Promise<void> {
    const refusal = this.mayRun();
    if (refusal !== null) {
      this.results.push(testRecord(test, UNSEEN, refusal, 0));
      return;
    }
    const begun = performance.now();
    const session = new TestSession(this.setting);
    const ending = await runner.run(test, this.suite.prelude, this.setting.seed, (method, args) =>
      session.answer(method, args),
    );
    if (ending.kind === "crash") this.deaths += 1;
    const pending = session.observations().pending;
    await session.close();
    const seen = { ...session.observations(), pending };
    if (seen.reached.size > 0)
      this.reached.set(
        test.id,
        [...seen.reached].sort((a, b) => a - b),
      );
    const judged: TestEnding = this.stopped() ? NOT_RUN_STOPPED : ending;
    const record = testRecord(test, seen, judged, Math.round(performance.now() - begun));
    this.failed ||= record.outcome !== "pass";
    this.results.push(record);
  }

  /** Why no further test may start; null while one may. */
  private mayRun(): TestEnding | null {
    if (this.stopped()) return NOT_RUN_STOPPED;
    if (this.failed && this.suite.stop_at_failure === true) return { kind: "not_run", message: "another test failed" };
    if (performance.now() > this.deadline) return { kind: "not_run", message: "the suite ran out of its 15 minutes" };
    return this.deaths > DEATHS_MAX ? { kind: "crash" } : null;
  }
}

const NOT_RUN_STOPPED: TestEnding = { kind: "not_run", message: "the run was stopped" };
