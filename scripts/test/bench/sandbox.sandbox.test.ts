import { expect, test } from "vitest";
import { measureSandbox } from "../../bench/sandbox/benchmark.ts";

test("every test of the benchmark passes in the sandbox and without, and both are timed", async () => {
  const around = { progress: () => undefined, signal: new AbortController().signal };
  const samples = await measureSandbox({ rounds: 1, tests: 2 }, around);
  expect(samples).toMatchObject([{ round: 1 }]);
  for (const { jailed_ms, bare_ms, canaries_ms } of samples)
    expect(Math.min(jailed_ms, bare_ms, canaries_ms)).toBeGreaterThan(0);
});
