import { type Checkpoint, cosignaturesOf, parseCheckpoint } from "../checkpoints.ts";
import { append, EMPTY, rootOf } from "../merkle.ts";
import { NoteError, parseNote, signersOf, type Verifier } from "../notes.ts";
import type { ArchivedHashes } from "./archive.ts";
import type { EventChecks } from "./events.ts";
import { CannotTell, Tampered } from "./findings.ts";

/** What the caller trusts; nothing of it comes from what is checked. */
export interface Trust {
  readonly keys: readonly Verifier[];
  readonly witnesses: readonly Verifier[];
  /** Notes that somebody kept elsewhere. */
  readonly kept: readonly string[];
  /** Null where the caller has none of it. */
  readonly archive: ArchivedHashes | null;
}

export interface Signed extends Checkpoint {
  readonly log: string;
  readonly generation: number;
  readonly signedBy: readonly string[];
  readonly witnessedBy: readonly string[];
}

/** @throws {Tampered} for a wrong signature of a given key @throws {CannotTell} where none of them signed */
export function openCheckpoint(note: unknown, { keys, witnesses }: Trust): Signed {
  try {
    if (typeof note !== "string") throw new NoteError("it is no text");
    const parsed = parseNote(note);
    const checkpoint = parseCheckpoint(parsed.text);
    const { origin, size } = checkpoint;
    const signedBy = signersOf(parsed, keys).flatMap(({ name, keyId }) => (name === origin ? keyId : []));
    const witnessedBy = cosignaturesOf(parsed, witnesses).map(({ witness }) => witness.name);
    if (signedBy.length === 0)
      throw new CannotTell(`the checkpoint of ${size} events of ${origin} is signed by none of the keys given`);
    const [, log = "", generation = ""] = /^(aura_orchestra\/[0-9a-f-]{36})\/([1-9]\d*)$/.exec(origin) ?? [];
    if (log === "") throw new NoteError(`${origin} is not the name of a log`);
    return { ...checkpoint, log, generation: Number(generation), signedBy, witnessedBy };
  } catch (error) {
    if (error instanceof NoteError) throw new Tampered(null, `a checkpoint is broken: ${error.message}`);
    throw error;
  }
}

/**
 * The checkpoints that somebody kept.
 *
 * @throws {CannotTell} where one is broken: then it says nothing about the log
 * @throws {Tampered} where one is of another log
 */
export function openKept(trust: Trust, { log }: Signed): Signed[] {
  return trust.kept.map((note) => {
    const kept = openOrError(note, trust);
    if (kept instanceof Error) throw new CannotTell(`a checkpoint kept elsewhere is of no use: ${kept.message}`);
    if (kept.log !== log) throw new Tampered(null, `a checkpoint kept elsewhere is of another log, ${kept.origin}`);
    return kept;
  });
}

function openOrError(note: string, trust: Trust): Signed | Error {
  try {
    return openCheckpoint(note, trust);
  } catch (error) {
    return error as Error;
  }
}

/** @throws {Tampered} unless each checkpoint is larger than the one before, and of its generation or a later one */
export function checkOrder(signed: readonly Signed[]): void {
  signed.forEach((one, index) => {
    const before = signed[index - 1];
    if (before === undefined) return;
    if (one.log !== before.log || one.size <= before.size || one.generation < before.generation) {
      const [here, there] = [one, before].map(({ size, origin }) => `${size} events (${origin})`);
      throw new Tampered(null, `the checkpoint of ${here} stands after that of ${there}`);
    }
  });
}

/** Folds the leaves once, and looks at each size that somebody signed. @throws {Tampered} where another root was signed */
export function compareRoots(signed: readonly Signed[], { leaves, generations }: EventChecks): void {
  let [frontier, sound] = [EMPTY, 0];
  for (const { size, root, generation } of [...signed].sort((a, b) => a.size - b.size)) {
    if (size > leaves.size) throw new Tampered(leaves.size, `${size} events were signed, and there are ${leaves.size}`);
    frontier = append(frontier, leaves.slice(frontier.size, size));
    if (!rootOf(frontier).equals(root))
      throw new Tampered(
        sound,
        `the events from here to ${size - 1} are not those that were signed: their root is another one`,
      );
    const later = generations.find((one) => one.generation > generation && one.seq < size);
    if (later !== undefined)
      throw new Tampered(later.seq, `a checkpoint of generation ${generation} is over it, and it is of a later one`);
    sound = size;
  }
}

/** @throws {CannotTell} where a witness was given, and none signed */
export function checkWitness({ witnessedBy }: Signed, { witnesses }: Trust): void {
  if (witnesses.length > 0 && witnessedBy.length === 0)
    throw new CannotTell("the newest checkpoint is cosigned by none of the witnesses given");
}

/**
 * Compares one checkpoint with those that somebody kept, where there is no log to fold.
 *
 * @throws {CannotTell} for one of another size
 */
export function compareKept(trust: Trust, newest: Signed): void {
  for (const { size, root, origin } of openKept(trust, newest)) {
    if (size !== newest.size || origin !== newest.origin)
      throw new CannotTell("checkpoints kept elsewhere cannot be compared with this one: that needs the whole log");
    if (!root.equals(newest.root)) throw new Tampered(null, `another root was signed for ${size} events`);
  }
}
