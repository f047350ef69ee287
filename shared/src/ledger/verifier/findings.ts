/** The log contradicts itself, or something that was signed. */
export class Tampered extends Error {
  /** The smallest sequence that can be named. */
  readonly seq: number | null;

  constructor(seq: number | null, what: string) {
    super(what);
    this.seq = seq;
  }
}

/** Something is missing, or cannot be read: neither sound nor proved to be tampered with. */
export class CannotTell extends Error {}

/**
 * Makes all the checks, each of which throws what it finds.
 *
 * @throws {Tampered} the contradiction with the smallest sequence
 * @throws {CannotTell} what is missing, where nothing is contradicted
 */
export function settle(checks: readonly (() => void)[]): void {
  const tampered: Tampered[] = [];
  const missing: unknown[] = [];
  for (const check of checks) {
    try {
      check();
    } catch (error) {
      if (error instanceof Tampered) tampered.push(error);
      else missing.push(error);
    }
  }
  const [first] = tampered.sort((a, b) => (a.seq ?? Infinity) - (b.seq ?? Infinity));
  if (first !== undefined) throw first;
  if (missing.length > 0) throw missing[0];
}

/** What was looked at, when all of it holds. */
export interface Summary {
  readonly kind: "export" | "tiles" | "run";
  readonly origin: string;
  /** Events whose bytes were hashed. */
  readonly events: number;
  readonly checkpoints: number;
  /** Of the newest checkpoint. */
  readonly size: number;
  readonly root: string;
  readonly signed_by: readonly string[];
  readonly witnessed_by: readonly string[];
  readonly kept_checkpoints: number;
  readonly runs_sealed: number;
  readonly payloads: { readonly kept: number; readonly erased: number; readonly archived: number };
  /** Of an evidence pack with a delivery that was attested. */
  readonly attested?: { readonly tree_sha256: string; readonly key_id: string };
  /** What this kind of input does not hold, and so was not looked at. */
  readonly not_checked: readonly string[];
}
