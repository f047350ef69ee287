import type { AcceptanceTest } from "@aura/shared/schemas/suite-product";
import type { TestResult } from "@aura/shared/schemas/verification-report";
import { type Observations, type TestEnding, testRecord } from "./records.ts";
import { NOT_RUN_STOPPED, TestLane } from "./test-lane.ts";
import type { SuiteSetting } from "./test-session.ts";

const SUITE_MS = 15 * 60_000;
/** Processes that may die under tests before the rest is given up. */
const DEATHS_MAX = 5;

export interface Suite {
  readonly tests: readonly AcceptanceTest[];
  readonly prelude: string;
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
  readonly reached = new Map<string, readonly number[]>();
  private readonly suite: Suite;
  private readonly setting: SuiteSetting;
  private readonly stopped: () => boolean;
  private readonly deadline = performance.now() + SUITE_MS;
  private next = 0;
  private deaths = 0;

  constructor(suite: Suite, setting: SuiteSetting, stopped: () => boolean) {
    this.suite = suite;
    this.setting = setting;
    this.stopped = stopped;
  }

  /** One lane: takes the next test until none is left. */
  async work(): Promise<void> {
    const lane = new TestLane(this.setting.jail, this.setting.clock, this.stopped);
    try {
      for (let test = this.take(); test !== undefined; test = this.take()) await this.one(lane, test);
    } finally {
      await lane.close();
    }
  }

  private take(): AcceptanceTest | undefined {
    this.next += 1;
    return this.suite.tests[this.next - 1];
  }

  private async one(lane: TestLane, test: AcceptanceTest): Promise<void> {
    const refusal = this.mayRun();
    if (refusal !== null) {
      this.results.push(testRecord(test, UNSEEN, refusal, 0));
      return;
    }
    const { record, reached, crashed } = await lane.run(test, this.suite.prelude, this.setting);
    if (crashed) this.deaths += 1;
    if (reached.length > 0) this.reached.set(test.id, reached);
    this.results.push(record);
  }

  /** Why no further test may start; null while one may. */
  private mayRun(): TestEnding | null {
    if (this.stopped()) return NOT_RUN_STOPPED;
    if (performance.now() > this.deadline) return { kind: "not_run", message: "the suite ran out of its 15 minutes" };
    return this.deaths > DEATHS_MAX ? { kind: "crash" } : null;
  }
}
