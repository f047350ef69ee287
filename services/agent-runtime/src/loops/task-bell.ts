import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "@aura/shared/log";
import type { Pool } from "@aura/shared/postgres/client";
import { listenForTasks } from "@aura/shared/postgres/task-notifications";

/** Rings when tasks may have been assigned. It is only a hint: who waits for it also looks by itself. */
export class TaskBell {
  #wake: (() => void) | null = null;
  readonly #ended = new AbortController();

  constructor(pool: Pool, log: Log) {
    void listenForTasks(pool, () => this.ring(), log, this.#ended.signal);
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
}
