import { expect, test } from "vitest";
import { measureDispatches } from "../../bench/dispatch/benchmark.ts";
import { measureMakespans } from "../../bench/makespan/benchmark.ts";

const AROUND = { progress: () => undefined, signal: new AbortController().signal };

test("each verdict is followed by the start of the task that waited for it, and then by a question to its model", async () => {
  const rounds = await measureDispatches({ rounds: 1, samples: 3 }, AROUND);
  expect(rounds.map(({ milliseconds }) => milliseconds.length)).toEqual([3, 3, 3, 3]);
  const [started = [], asked = []] = rounds.map(({ milliseconds }) => milliseconds);
  for (const [place, ms] of started.entries()) {
    expect(ms).toBeGreaterThan(0);
    expect(asked[place]).toBeGreaterThan(ms);
  }
});

test("a graph is done in no less than its bound, which is no more than handing out in order for nothing", async () => {
  const [sample] = await measureMakespans([{ tasks: 6, width: 3, slots: 2 }], 40, AROUND);
  expect(sample?.makespan_ms).toBeGreaterThan(sample?.lower_bound_ms ?? Number.NaN);
  expect(sample?.list_schedule_ms).toBeGreaterThanOrEqual(sample?.lower_bound_ms ?? Number.NaN);
});
