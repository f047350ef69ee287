import { AuraError } from "@aura/shared/problems";
import type { AcceptanceTest } from "@aura/shared/schemas/suite-product";
import type { TestResult } from "@aura/shared/schemas/verification-report";
import type { Jail } from "../sandbox/jail.ts";
import { type TestEnding, testRecord } from "./records.ts";
import { TestRunner } from "./test-runner.ts";
import { type SuiteSetting, TestSession } from "./test-session.ts";

export const NOT_RUN_STOPPED: TestEnding = { kind: "not_run", message: "the run was stopped" };

export interface LaneResult {
  readonly record: TestResult;
  /** Numbers of the functions that the test reached; of an instrumented product only. */
  readonly reached: readonly number[];
  readonly crashed: boolean;
}

/** Runs tests one after the other in one process that holds them, and in a fresh one after each that ended it. */
export class TestLane {
  private readonly jail: Jail;
  private readonly clock: Readonly<Record<string, string>>;
  private readonly stopped: () => boolean;
  private runner: TestRunner | null = null;

  /**
   * @param clock environment that moves the tests' clock
   * @param stopped true once nothing more is to be run
   */
  constructor(jail: Jail, clock: Readonly<Record<string, string>>, stopped: () => boolean) {
    this.jail = jail;
    this.clock = clock;
    this.stopped = stopped;
  }

  /** @throws {AuraError} `isolation_unavailable` when the process that holds the tests does not start */
  async run(test: AcceptanceTest, prelude: string, setting: SuiteSetting): Promise<LaneResult> {
    const runner = await this.liveRunner();
    const begun = performance.now();
    const session = new TestSession(setting, test.id);
    const ending = this.stopped()
      ? NOT_RUN_STOPPED
      : await runner.run(test, prelude, setting.seed, (method, args) => session.answer(method, args));
    const { pending } = session.observations();
    await session.close();
    const seen = { ...session.observations(), pending };
    const judged = this.stopped() ? NOT_RUN_STOPPED : ending;
    return {
      record: testRecord(test, seen, judged, Math.round(performance.now() - begun)),
      reached: [...seen.reached].sort((a, b) => a - b),
      crashed: ending.kind === "crash",
    };
  }

  async close(): Promise<void> {
    await this.runner?.close();
    this.runner = null;
  }

  private async liveRunner(): Promise<TestRunner> {
    if (this.runner?.isAlive) return this.runner;
    await this.close();
    const runner = new TestRunner(this.jail, this.clock);
    this.runner = runner;
    if ((await runner.ready) || this.stopped()) return runner;
    await this.close();
    const detail = `the process that holds the tests does not start: ${runner.stderr().trim().slice(-400)}`;
    throw new AuraError("isolation_unavailable", detail);
  }
}
