import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../log.ts";
import type { Pool, Queryable } from "./client.ts";

const CHANNEL = "aura_tasks";
const RECONNECT_MS = 5_000;

/** Tells every loop that work may be due. Only a hint: who does not hear it looks by itself a moment later. */
export async function notifyTasks(db: Queryable): Promise<void> {
  await db.query(`notify ${CHANNEL}`).catch(() => undefined);
}

/**
 * Calls `wake` whenever work may be due, until `signal` aborts. Keeps one connection of the pool; when it is lost another
 * is opened later, which counts as a notification, because some may have been missed.
 */
export async function listenForTasks(pool: Pool, wake: () => void, log: Log, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await listen(pool, wake, signal);
    } catch (error) {
      log.warn({ err: error }, "listening for notifications failed");
    }
    await sleep(RECONNECT_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function listen(pool: Pool, wake: () => void, signal: AbortSignal): Promise<void> {
  const client = await pool.connect();
  try {
    const lost = new Promise<void>((resolve) => {
      client.once("error", () => resolve());
      client.once("end", () => resolve());
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    client.on("notification", wake);
    await client.query(`listen ${CHANNEL}`);
    wake();
    await lost;
  } finally {
    client.release(true);
  }
}
