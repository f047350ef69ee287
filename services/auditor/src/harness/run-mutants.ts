import type { Tree } from "@aura/shared/models/tree";
import type { AcceptanceTest } from "@aura/shared/schemas/suite-product";
import type { MutantFate } from "../sandbox/port.ts";
import { isPass } from "../validators/verdicts.ts";
import { TestLane } from "./test-lane.ts";
import type { SuiteSetting } from "./test-session.ts";

export interface MutantTrial {
  /** The product with its change. */
  readonly tree: Tree;
  /** Those that may notice it, in the order in which they are run. */
  readonly tests: readonly AcceptanceTest[];
}

export interface MutantRun {
  readonly prelude: string;
  readonly trials: readonly MutantTrial[];
  /** No further mutant is begun after so long. */
  readonly wall_ms: number;
  readonly unpack: (tree: Tree) => string;
  readonly discard: (folder: string) => void;
  readonly stopped: () => boolean;
}

/**
 * Runs the tests of each mutant until one does not pass, as many mutants side by side as the jail allows.
 *
 * @returns what became of each, in their order
 * @throws {AuraError} `isolation_unavailable` when the process that holds the tests does not start
 */
export async function fatesOfMutants(run: MutantRun, setting: Omit<SuiteSetting, "product">): Promise<MutantFate[]> {
  const begun = performance.now();
  const fates: MutantFate[] = run.trials.map(() => "not_run");
  const waiting = [...run.trials.entries()];
  const work = async () => {
    const lane = new TestLane(setting.jail, setting.clock, run.stopped);
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        if (run.stopped() || performance.now() - begun >= run.wall_ms) return;
        const [index, trial] = next;
        fates[index] = await fateOf(trial, run, lane, setting);
      }
    } finally {
      await lane.close();
    }
  };
  await Promise.all(Array.from({ length: setting.jail.parallel }, work));
  return fates;
}

async function fateOf(
  { tree, tests }: MutantTrial,
  { prelude, unpack, discard, stopped }: MutantRun,
  lane: TestLane,
  setting: Omit<SuiteSetting, "product">,
): Promise<MutantFate> {
  const product = unpack(tree);
  try {
    for (const test of tests) {
      const { record } = await lane.run(test, prelude, { ...setting, product });
      if (!isPass(record)) return stopped() ? "not_run" : "killed";
    }
    return "survived";
  } finally {
    discard(product);
  }
}
