/** How an agent's work on a task came to an end by itself; losing the lease is not among them, it is an abort. */
export type Ending =
  | { readonly outcome: "submitted"; readonly product: unknown; readonly self_confidence: number }
  | { readonly outcome: "gave_up"; readonly code: string; readonly detail: string }
  | { readonly outcome: "held_up"; readonly code: HeldUpCode; readonly detail: string };

type HeldUpCode = "budget_exhausted" | "unknown_price" | "not_recorded" | "provider_failed" | "question";

/** Thrown where a circumstance ends the attempt from below: no money, no provider, no recording. */
export class AttemptEnded extends Error {
  readonly ending: Exclude<Ending, { outcome: "submitted" }>;

  constructor(ending: Exclude<Ending, { outcome: "submitted" }>) {
    super(`${ending.outcome}: ${ending.code}`);
    this.name = "AttemptEnded";
    this.ending = ending;
  }
}
