/** The claim is not ours any more: whatever is still being done about it stops, and nothing of it is written. */
export class ClaimLost extends Error {
  readonly code: string;

  constructor(code: string) {
    super(`claim lost: ${code}`);
    this.name = "ClaimLost";
    this.code = code;
  }
}

interface HeldClaim {
  readonly taskId: string;
  readonly claimId: string;
  trustedUntilMs: number;
  readonly abort: AbortController;
}

/**
 * The claims that this process holds. A lease is believed only until the moment the request for it was sent, plus its
 * term, minus a margin, on a monotonic clock: by then the database cannot have given the task to anybody else. Work
 * listens to the claim's signal, which fires when the lease is lost, taken back, or not believed any more.
 */
export class Leases {
  readonly #claims = new Map<string, HeldClaim>();
  readonly #now: () => number;
  readonly #termMs: number;
  readonly #marginMs: number;

  /** @param now monotonic milliseconds */
  constructor(termMs: number, marginMs: number, now: () => number = () => performance.now()) {
    this.#termMs = termMs;
    this.#marginMs = marginMs;
    this.#now = now;
  }

  get held(): readonly { readonly taskId: string; readonly claimId: string }[] {
    return [...this.#claims.values()];
  }

  /** @param sentAtMs when the request that brought the claim was sent */
  hold(taskId: string, claimId: string, sentAtMs: number): AbortSignal {
    const abort = new AbortController();
    this.#claims.set(claimId, { taskId, claimId, trustedUntilMs: this.#trust(sentAtMs), abort });
    return abort.signal;
  }

  /** Takes the answer to a beat: tasks not named as held are lost. */
  renew(asked: readonly { readonly claimId: string }[], heldTaskIds: ReadonlySet<string>, sentAtMs: number): void {
    for (const { claimId } of asked) {
      const claim = this.#claims.get(claimId);
      if (claim === undefined) continue;
      if (heldTaskIds.has(claim.taskId)) claim.trustedUntilMs = Math.max(claim.trustedUntilMs, this.#trust(sentAtMs));
      else claim.abort.abort(new ClaimLost("stale_claim"));
    }
  }

  /** Aborts what is not believed any more. To be called more often than the margin is long. */
  enforce(): void {
    const now = this.#now();
    for (const claim of this.#claims.values())
      if (now >= claim.trustedUntilMs) claim.abort.abort(new ClaimLost("lease_not_renewed"));
  }

  letGo(claimId: string): void {
    this.#claims.delete(claimId);
  }

  /** Ends all work at once, leaving the leases to run out. */
  abortAll(code: string): void {
    for (const claim of this.#claims.values()) claim.abort.abort(new ClaimLost(code));
  }

  #trust(sentAtMs: number): number {
    return sentAtMs + this.#termMs - this.#marginMs;
  }
}
