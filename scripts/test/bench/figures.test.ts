import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { listScheduleMs, lowerBoundMs } from "../../bench/makespan/bounds.ts";
import { randomWorkload } from "../../bench/makespan/random-graph.ts";
import { pairedRatio, quantile } from "../../bench/statistics.ts";

describe("figures of the benchmarks", () => {
  it("are quantiles between neighbours, and ratios of values of the same round", () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
    expect(quantile([1, 2, 3, 4, 5], 1)).toBe(5);
    expect(pairedRatio([10, 20, 90], [20, 40, 30])).toBe(0.5);
  });

  it("bound a makespan by the longest path, or by the work on all slots", () => {
    const diamond = [[], [0], [0], [1, 2]];
    expect(lowerBoundMs({ graph: diamond, work: [10, 30, 20, 10], slots: 2 })).toBe(50);
    expect(lowerBoundMs({ graph: diamond, work: [10, 30, 20, 10], slots: 1 })).toBe(70);
    expect(listScheduleMs({ graph: diamond, work: [10, 30, 20, 10], slots: 1 })).toBe(70);
    expect(listScheduleMs({ graph: [[], [], []], work: [10, 10, 30], slots: 2 })).toBe(40);
  });

  it("come from the same graph whenever the seed is the same", () => {
    const made = randomWorkload(7, 50, 8, 4, 100);
    expect(randomWorkload(7, 50, 8, 4, 100)).toEqual(made);
    expect(made.graph).toHaveLength(50);
    expect(made.graph.every((dependencies, place) => dependencies.every((other) => other < place))).toBe(true);
  });
});

it("a benchmark that there is not is refused with the names of those that there are", () => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/bench/main.ts", "speed"], { encoding: "utf8" });
  expect(status).toBe(2);
  for (const name of ["lifecycle", "dispatch", "makespan", "footprint"]) expect(stderr).toContain(name);
});
