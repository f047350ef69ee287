import type { Log } from "@aura/shared/log";
import type { Pool } from "@aura/shared/postgres/client";
import { countEndedRuns, findMismatches, type Mismatch, reportMismatches } from "../db/ledger-statements.ts";
import { type PollingLoop, startPolling } from "../polling-loop.ts";

const CHECK_INTERVAL_MS = 60_000;
/** How soon the end of a run is noticed, in ms. */
const WATCH_MS = 5000;
const MISMATCHES_MAX = 100;

export interface ReplayCheck {
  /** @returns the mismatches that were not reported before */
  run(): Promise<readonly Mismatch[]>;
}

/**
 * Replays the log against the governed tables and raises a critical event for each value that the log does not lead to.
 * Each mismatch is reported once by this process.
 */
export function createReplayCheck(pool: Pool, log: Log, holder: string): ReplayCheck {
  const reported = new Set<string>();
  return {
    run: async () => {
      const found = await findMismatches(pool, MISMATCHES_MAX);
      const fresh = found.filter((mismatch) => !reported.has(mismatchKey(mismatch)));
      if (fresh.length === 0) return fresh;
      log.error({ mismatches: fresh.length }, "the tables say what the log does not lead to");
      await reportMismatches(pool, holder, fresh);
      for (const mismatch of fresh) reported.add(mismatchKey(mismatch));
      return fresh;
    },
  };
}

function mismatchKey({ table_name, subject_id, column_name, actual }: Mismatch): string {
  return JSON.stringify([table_name, subject_id, column_name, actual]);
}

/** Checks once a minute, and whenever a run has ended. */
export function startReplayLoop(pool: Pool, log: Log, holder: string): PollingLoop {
  const check = createReplayCheck(pool, log, holder);
  let checkedAt = Number.NEGATIVE_INFINITY;
  let checkedRuns = 0;
  return startPolling({ name: "replay", log, idleMs: WATCH_MS, busyMs: WATCH_MS }, async () => {
    const ended = await countEndedRuns(pool);
    const due = performance.now() - checkedAt >= CHECK_INTERVAL_MS;
    if (!due && ended === checkedRuns) return false;
    await check.run();
    checkedAt = performance.now();
    checkedRuns = ended;
    return true;
  });
}
