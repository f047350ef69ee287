import { openCheckpoint, type SignedCheckpoint } from "../checkpoints.ts";
import { append, EMPTY, rootOf } from "../merkle.ts";
import { decodeHashes, NoteError, type Verifier } from "../notes.ts";
import { verifyInclusion } from "../proofs.ts";
import { CannotTell, type Finding, Tampered } from "./findings.ts";
import type { ArchivedHashes, Log } from "./log.ts";

/** What the caller trusts, checkpoints included that were kept elsewhere; nothing of it comes from what is checked. */
export interface Trust {
  readonly keys: readonly Verifier[];
  readonly witnesses: readonly Verifier[];
  readonly kept: readonly Signed[];
  readonly archive: ArchivedHashes | null;
}

/** A checkpoint that a given key signed; `log` is its origin without the generation. */
export interface Signed extends SignedCheckpoint {
  readonly log: string;
  readonly generation: number;
}

/** @throws {Tampered} for a broken note @throws {CannotTell} where none of the keys signed */
export function openSigned(note: unknown, { keys, witnesses }: Pick<Trust, "keys" | "witnesses">): Signed {
  try {
    const signed = openCheckpoint(typeof note === "string" ? note : "", keys, witnesses);
    const [, log, generation] = /^(aura_orchestra\/[0-9a-f-]{36})\/([1-9]\d*)$/.exec(signed.origin) ?? [];
    if (log === undefined) throw new NoteError(`${signed.origin} is not the name of a log`);
    if (signed.signed_by.length > 0) return { ...signed, log, generation: Number(generation) };
    throw new CannotTell(`none of the keys given signed the checkpoint of ${signed.size} events of ${signed.origin}`);
  } catch (error) {
    throw error instanceof NoteError ? new Tampered(null, `a checkpoint is broken: ${error.message}`) : error;
  }
}

/** What is wrong with a log that its checkpoints cover. @param signed of the log itself, the newest one last */
export function* signedFindings(log: Log, signed: readonly Signed[], newest: Signed, trust: Trust): Generator<Finding> {
  const kept = trust.kept.filter((one) => one.log === newest.log);
  if (kept.length < trust.kept.length) yield new Tampered(null, "a checkpoint kept elsewhere is of another log");
  const isPart = log.kind === "run" || log.kind === "proof";
  yield* isPart ? partFindings(log, newest, kept) : wholeFindings(log, signed, kept);
  if (log.seqs.length > newest.size) yield new CannotTell(`events from ${newest.size} on are under no checkpoint`);
  if (trust.witnesses.length > 0 && newest.witnessed_by.length === 0)
    yield new CannotTell("the newest checkpoint is cosigned by none of the witnesses given");
}

/** All events of a log: each checkpoint is over the beginning of them. */
function* wholeFindings(log: Log, signed: readonly Signed[], kept: readonly Signed[]): Generator<Finding> {
  for (const [index, one] of signed.entries()) {
    const { log: name, size, generation } = signed[index - 1] ?? { ...one, size: -1 };
    if (one.log !== name || one.size <= size || one.generation < generation)
      yield new Tampered(null, `the checkpoint of ${one.size} events of ${one.origin} stands after that of ${size}`);
  }
  yield* rootFindings(log, signed);
  yield* rootFindings(log, kept);
}

/** Folds the leaves once, and looks at each size that somebody signed. */
function* rootFindings(log: Log, signed: readonly Signed[]): Generator<Finding> {
  const there = log.seqs.length;
  let [frontier, sound] = [EMPTY, 0];
  for (const { size, root, generation } of signed.toSorted((a, b) => a.size - b.size)) {
    while (frontier.size < Math.min(size, there)) frontier = append(frontier, [log.leafAt(frontier.size)]);
    const [, later] = [...log.generations].find(([other, seq]) => other > generation && seq < size) ?? [];
    if (size > there) yield new Tampered(there, `${size} events were signed, and there are ${there}`);
    else if (!rootOf(frontier).equals(root)) yield new Tampered(sound, `other events were signed, up to ${size - 1}`);
    else if (later !== undefined) yield new Tampered(later, `a checkpoint of generation ${generation} is over it`);
    sound = size;
  }
}

/** Some events of a log: each of them is under the checkpoint, and what somebody kept can say no more than that. */
function* partFindings(log: Log, { origin, size, root }: Signed, kept: readonly Signed[]): Generator<Finding> {
  for (const [place, seq] of log.seqs.entries()) {
    const hashes = decodeHashes(log.proofs[place]);
    if (hashes === null || !verifyInclusion(seq, size, log.leafAt(place), hashes, root))
      yield new Tampered(seq, "it is not in the log that was signed");
  }
  for (const one of kept)
    if (one.size !== size || one.origin !== origin)
      yield new CannotTell("checkpoints kept elsewhere cannot be compared with this one: that needs the whole log");
    else if (!one.root.equals(root)) yield new Tampered(null, `another root was signed for ${size} events`);
  if (log.kind === "run" && !log.told.has("run.sealed")) yield new CannotTell("no seal shows that the run is whole");
}
