import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "@aura/shared/log";
import type { Pool } from "@aura/shared/postgres/client";

const CHANNEL = "aura_tasks";
const RECONNECT_MS = 5_000;

/** Rings when tasks may have been assigned. It is only a hint: who waits for it also looks by itself. */
export class TaskBell {
  #wake: (() => void) | null = null;
  readonly #ended = new AbortController();

  constructor(pool: Pool, log: Log) {
    void this.#listen(pool, log);
  }

  /** Resolves after `ms`, or when the bell rings or is stopped. */
  async wait(ms: number): Promise<void> {
    const rung = new AbortController();
    this.#wake = () => rung.abort();
    const signal = AbortSignal.any([rung.signal, this.#ended.signal]);
    await sleep(ms, undefined, { signal }).catch(() => undefined);
    this.#wake = null;
  }

  ring(): void {
    this.#wake?.();
  }

  stop(): void {
    this.#ended.abort();
  }

  async #listen(pool: Pool, log: Log): Promise<void> {
    while (!this.#ended.signal.aborted) {
      await this.#listenOnce(pool).catch((error: unknown) => log.debug({ err: error }, "not listening for tasks"));
      await sleep(RECONNECT_MS, undefined, { signal: this.#ended.signal }).catch(() => undefined);
    }
  }

  /** Returns when the connection ends or the bell is stopped. */
  async #listenOnce(pool: Pool): Promise<void> {
    const client = await pool.connect();
    try {
      client.on("notification", () => this.ring());
      const closed = new Promise<void>((resolve) => {
        client.once("error", () => resolve());
        client.once("end", () => resolve());
        this.#ended.signal.addEventListener("abort", () => resolve(), { once: true });
      });
      await client.query(`listen ${CHANNEL}`);
      this.ring();
      await closed;
    } finally {
      client.release(true);
    }
  }
}
