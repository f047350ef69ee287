const FAILURES_MAX = 5;
const OPEN_MS = 20_000;

/**
 * Keeps every conversation of this process from hammering a provider that is down. Closed: calls pass. Open, after
 * FAILURES_MAX failures in a row: nothing passes for OPEN_MS. Then half open: one call is let through, and its end
 * closes or opens the breaker again.
 */
export class CircuitBreaker {
  #failures = 0;
  #openUntilMs = 0;
  #probing = false;
  #lastFailure = "";
  readonly #now: () => number;

  /** @param now monotonic milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Why the last call failed, for those who are not let through. */
  get lastFailure(): string {
    return this.#lastFailure;
  }

  /** Milliseconds to wait before asking again; 0 admits the caller, who must report `succeeded`, `failed` or `released`. */
  admit(): number {
    if (this.#failures < FAILURES_MAX) return 0;
    const leftMs = this.#openUntilMs - this.#now();
    if (leftMs > 0) return leftMs;
    if (this.#probing) return 1_000;
    this.#probing = true;
    return 0;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#probing = false;
  }

  failed(why: string): void {
    this.#lastFailure = why;
    this.#failures += 1;
    this.#probing = false;
    if (this.#failures >= FAILURES_MAX) this.#openUntilMs = this.#now() + OPEN_MS;
  }

  /** The call ended without saying anything about the provider: the lease was lost, or the request itself was wrong. */
  released(): void {
    this.#probing = false;
  }
}
