import type { Log } from "@aura/shared/log";
import type { Queryable } from "@aura/shared/postgres/client";
import { readLogSize } from "../db/read-audit-statements.ts";

const POLL_INTERVAL_MS = 300;

/** Tells any number of streams, with one small query for all of them, how far the numbered log has grown. */
export interface EventFeed {
  /**
   * Waits until the log has more than `size` numbered events, at most `patience_ms`.
   *
   * @returns its size then, or null when nothing came or the feed was closed
   */
  beyond(size: number, patience_ms: number, signal: AbortSignal): Promise<number | null>;
  close(): void;
}

interface Waiter {
  readonly size: number;
  readonly settle: (size: number | null) => void;
}

export function openEventFeed(db: Queryable, log: Log): EventFeed {
  const waiters = new Set<Waiter>();
  let known = 0;
  let timer: NodeJS.Timeout | null = null;

  const poll = async () => {
    timer = null;
    known = await readLogSize(db).catch((error: unknown) => {
      log.warn({ err: error }, "the size of the log could not be read");
      return known;
    });
    for (const waiter of [...waiters]) if (known > waiter.size) waiter.settle(known);
    schedule();
  };
  const schedule = () => {
    if (waiters.size > 0 && timer === null) timer = setTimeout(poll, POLL_INTERVAL_MS).unref();
  };

  return {
    beyond: (size, patience_ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve(null);
        if (known > size) return resolve(known);
        const give_up = () => waiter.settle(null);
        const patience = setTimeout(give_up, patience_ms).unref();
        const waiter: Waiter = {
          size,
          settle(result) {
            clearTimeout(patience);
            signal.removeEventListener("abort", give_up);
            waiters.delete(waiter);
            resolve(result);
          },
        };
        signal.addEventListener("abort", give_up, { once: true });
        waiters.add(waiter);
        schedule();
      }),
    close() {
      if (timer !== null) clearTimeout(timer);
      for (const waiter of [...waiters]) waiter.settle(null);
    },
  };
}
