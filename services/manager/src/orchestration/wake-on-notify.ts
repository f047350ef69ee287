import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "@aura/shared/log";
import type { Pool } from "@aura/shared/postgres/client";
import type { Waker } from "./loop.ts";

const RECONNECT_MS = 5000;

/**
 * Listens on `aura_tasks` and wakes the loop. Keeps one connection; when it is lost another is opened later. Losing
 * notifications costs latency and nothing else.
 */
export async function wakeOnNotify(pool: Pool, waker: Waker, log: Log, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await listen(pool, waker, signal);
    } catch (error) {
      log.warn({ err: error }, "listening for notifications failed");
    }
    await sleep(RECONNECT_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function listen(pool: Pool, waker: Waker, signal: AbortSignal): Promise<void> {
  const client = await pool.connect();
  try {
    const lost = new Promise<void>((resolve) => {
      client.once("error", () => resolve());
      client.once("end", () => resolve());
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    client.on("notification", () => waker.wake());
    await client.query("listen aura_tasks");
    await lost;
  } finally {
    client.release(true);
  }
}
