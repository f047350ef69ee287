import type { Log } from "@aura/shared/log";
import type { Pool } from "@aura/shared/postgres/client";
import { raiseAlarms } from "../db/event-statements.ts";
import { countEndedRuns, findMismatches, type Mismatch, readLogSize } from "../db/ledger-statements.ts";
import { type PollingLoop, startPolling } from "../polling-loop.ts";

const CHECK_INTERVAL_MS = 60_000;
/** Without a new event: what changes a row past the triggers writes none, so it is looked for all the same. */
const QUIET_INTERVAL_MS = 15 * 60_000;
/** How soon the end of a run is noticed, in ms. */
const WATCH_MS = 5000;
/** Mismatches looked for at first; as many more, and twice what was reported, each further time. */
const PAGE = 100;

export interface ReplayCheck {
  /** @returns the mismatches that were not reported before */
  run(): Promise<readonly Mismatch[]>;
}

/**
 * Replays the log against the governed tables and raises a critical event for each value that the log does not lead to.
 * Each mismatch is reported once by this process, however many there are.
 */
export function createReplayCheck(pool: Pool, log: Log, holder: string): ReplayCheck {
  const reported = new Set<string>();

  async function reportFresh(found: readonly Mismatch[]): Promise<Mismatch[]> {
    const fresh = found.filter((mismatch) => !reported.has(mismatchKey(mismatch)));
    if (fresh.length === 0) return fresh;
    log.error({ mismatches: fresh.length }, "the tables say what the log does not lead to");
    await raiseAlarms(pool, holder, fresh.map(alarmOf));
    for (const mismatch of fresh) reported.add(mismatchKey(mismatch));
    return fresh;
  }

  return {
    run: async () => {
      const all: Mismatch[] = [];
      for (;;) {
        const limit = PAGE + 2 * reported.size; // more than were reported, so a full page holds a fresh one
        const found = await findMismatches(pool, limit);
        const fresh = await reportFresh(found);
        all.push(...fresh);
        if (fresh.length === 0 || found.length < limit) return all;
      }
    },
  };
}

function mismatchKey({ table_name, subject_id, column_name, actual }: Mismatch): string {
  return JSON.stringify([table_name, subject_id, column_name, actual]);
}

function alarmOf({ table_name, subject_id, column_name }: Mismatch) {
  const description = `The log does not lead to the value of ${column_name} in ${table_name}.`;
  return { event_type: "replay.mismatch" as const, subject_type: table_name, subject_id, description };
}

/** How far the log was, and how many runs had ended, at some check. */
interface Stand {
  readonly size: number;
  readonly ended: number;
}

/** Due at the end of a run, once a minute while the log grows, and now and then when it does not. */
export function isCheckDue(checked: Stand, now: Stand, sinceMs: number): boolean {
  if (now.ended !== checked.ended) return true;
  return sinceMs >= (now.size === checked.size ? QUIET_INTERVAL_MS : CHECK_INTERVAL_MS);
}

export function startReplayLoop(pool: Pool, log: Log, holder: string): PollingLoop {
  const check = createReplayCheck(pool, log, holder);
  let checked: Stand = { size: -1, ended: -1 };
  let checkedAt = Number.NEGATIVE_INFINITY;
  return startPolling({ name: "replay", log, idleMs: WATCH_MS, busyMs: WATCH_MS }, async () => {
    const now = { size: await readLogSize(pool), ended: await countEndedRuns(pool) };
    if (!isCheckDue(checked, now, performance.now() - checkedAt)) return false;
    await check.run();
    checked = now;
    checkedAt = performance.now();
    return true;
  });
}
