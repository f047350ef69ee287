import type { Log } from "@aura/shared/log";
import type { Desk, Severity } from "./desk.ts";

/** Characters of a line or a detail; the database cuts there, too. */
export const DETAIL_CHARS_MAX = 2_000;

/**
 * Lines about an attempt for people, written in order beside the work. They never hold prompts or secrets, and failing
 * to write one does not fail the work.
 */
export class Notes {
  readonly #desk: Pick<Desk, "log">;
  readonly #log: Log;
  #last: Promise<void> = Promise.resolve();

  constructor(desk: Pick<Desk, "log">, log: Log) {
    this.#desk = desk;
    this.#log = log;
  }

  readonly take = (message: string, severity: Severity = "info"): void => {
    this.#last = this.#last
      .then(() => this.#desk.log(message.slice(0, DETAIL_CHARS_MAX), severity))
      .catch((error: unknown) => this.#log.warn({ err: error }, "activity was not logged"));
  };

  /** Resolves when everything taken so far is written: after an attempt's end its lines would be refused. */
  written(): Promise<void> {
    return this.#last;
  }
}
