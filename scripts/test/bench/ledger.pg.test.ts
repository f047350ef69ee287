import { expect, test } from "vitest";
import { measureLedger } from "../../bench/ledger/benchmark.ts";

const SIZES = { rounds: 1, agents: 2, tasks: 20, writers: 2, writeSeconds: 0.3 };

test("every event of the load is under a checkpoint, and both tables took rows", async () => {
  const [sample] = await measureLedger(SIZES, { progress: () => undefined, signal: new AbortController().signal });
  expect(sample?.events).toBeGreaterThan(SIZES.tasks * 9);
  expect(sample?.max_s).toBeGreaterThan(0);
  expect(sample?.log_inserts).toBeGreaterThan(0);
  expect(sample?.plain_inserts).toBeGreaterThan(0);
}, 120_000);
