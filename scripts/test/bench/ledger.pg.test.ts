import { expect, test } from "vitest";
import { measureLedger } from "../../bench/ledger/benchmark.ts";
import { checkOffline } from "../../bench/ledger/offline-check.ts";

const SIZES = { rounds: 1, agents: 2, tasks: 20, writers: 2, writeSeconds: 0.3, exportedRuns: 3 };

test("a sound export is checked offline, and its lines are hashed", async () => {
  const { events, verify_s, hash_s } = await checkOffline(SIZES.exportedRuns);
  expect(events).toBeGreaterThan(SIZES.exportedRuns);
  expect(verify_s).toBeGreaterThan(0);
  expect(hash_s).toBeGreaterThan(0);
});

test("every event of the load is under a checkpoint, and both tables took rows", async () => {
  const [sample] = await measureLedger(SIZES, { progress: () => undefined, signal: new AbortController().signal });
  expect(sample?.events).toBeGreaterThanOrEqual(SIZES.tasks * 9);
  expect(sample?.max_s).toBeGreaterThan(0);
  expect(sample?.log_inserts).toBeGreaterThan(0);
  expect(sample?.plain_inserts).toBeGreaterThan(0);
}, 120_000);
