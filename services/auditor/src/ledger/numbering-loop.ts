import type { Log } from "@aura/shared/log";
import type { Pool } from "@aura/shared/postgres/client";
import { numberEvents } from "../db/ledger-statements.ts";
import { type PollingLoop, startPolling } from "../polling-loop.ts";

const BATCH = 5000;
const BUSY_MS = 100;
const IDLE_MS = 250;

/**
 * Gives committed events their place in the log. Any number of auditors may do it: the verb locks the log's state.
 */
export function startNumberingLoop(pool: Pool, log: Log): PollingLoop {
  const options = { name: "numbering", log, idleMs: IDLE_MS, busyMs: BUSY_MS };
  return startPolling(options, async () => (await numberEvents(pool, BATCH)).numbered > 0);
}
