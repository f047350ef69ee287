import { expect, test } from "vitest";
import { type GovernedSample, measureLifecycle } from "../../bench/lifecycle/benchmark.ts";
import { EVENTS_OF_A_TASK } from "../../bench/lifecycle/governed-lifecycle.ts";

const SIZES = { rounds: 1, warmUp: 4, agents: 2, governed: 40, tuned: 30, asShipped: 5 };

test("every task goes the whole way once: nine events each, all of them numbered, none beside them", async () => {
  const samples = await measureLifecycle(SIZES, { progress: () => undefined, signal: new AbortController().signal });
  expect(samples.map(({ system, round, tasks }) => [system, round, tasks])).toEqual([
    ["Aura", 1, 40],
    ["graphile-worker tuned", 1, 30],
    ["graphile-worker as shipped", 1, 5],
    ["pg-boss tuned", 1, 30],
    ["Aura", 0, 40],
  ]);
  const each = Object.fromEntries(EVENTS_OF_A_TASK.map((type) => [type, SIZES.warmUp + SIZES.governed]));
  for (const sample of samples.filter(({ system }) => system === "Aura")) {
    expect(sample).toMatchObject({ events: each });
    expect(Object.keys((sample as GovernedSample).events)).toHaveLength(EVENTS_OF_A_TASK.length);
    expect((sample as GovernedSample).numbered).toBeGreaterThan(
      EVENTS_OF_A_TASK.length * (SIZES.warmUp + SIZES.governed),
    );
  }
});
