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

export type Finding = Tampered | CannotTell;
