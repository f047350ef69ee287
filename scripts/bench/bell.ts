import { setTimeout as sleep } from "node:timers/promises";

/** Wakes who waits for it. Only a hint: a wait ends by itself, too. */
export class Bell {
  #ringing = Promise.withResolvers<void>();

  ring(): void {
    this.#ringing.resolve();
  }

  /** Until it rings, or has rung since the last wait, or so many milliseconds. */
  async wait(milliseconds: number): Promise<void> {
    await Promise.race([this.#ringing.promise, sleep(milliseconds, undefined, { ref: false })]);
    this.#ringing = Promise.withResolvers<void>();
  }
}
