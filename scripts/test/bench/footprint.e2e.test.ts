import { expect, test } from "vitest";
import { measureFootprint } from "../../bench/footprint/benchmark.ts";

test("a round starts the three services and reads what each of them holds", async () => {
  const around = { progress: () => undefined, signal: new AbortController().signal };
  const [round] = await measureFootprint({ rounds: 1, examples: 0, idleMs: 0 }, around);
  expect(round?.memory.map(({ service }) => service)).toEqual(["manager", "agent_runtime", "auditor"]);
  for (const { pss_mib, rss_mib } of round?.memory ?? []) {
    expect(pss_mib).toBeGreaterThan(5);
    expect(rss_mib).toBeGreaterThanOrEqual(pss_mib);
  }
  expect(round).toMatchObject({ example_seconds: null, start_seconds: expect.any(Number) });
});
