import { type Checkpoint, cosignaturesOf, parseCheckpoint } from "../checkpoints.ts";
import { append, EMPTY, type Hash, rootOf } from "../merkle.ts";
import { NoteError, parseNote, signersOf, type Verifier } from "../notes.ts";
import { CannotTell, Tampered } from "./findings.ts";

/** What the caller trusts; nothing of it comes from what is checked. */
export interface Trust {
  readonly keys: readonly Verifier[];
  readonly witnesses: readonly Verifier[];
  /** Notes that somebody kept elsewhere. */
  readonly kept: readonly string[];
}

export interface Signed extends Checkpoint {
  readonly signedBy: readonly string[];
  readonly witnessedBy: readonly string[];
}

/** @throws {Tampered} for a wrong signature of a given key @throws {CannotTell} where none of them signed */
export function openCheckpoint(note: unknown, { keys, witnesses }: Trust): Signed {
  try {
    const parsed = parseNote(String(note));
    const checkpoint = parseCheckpoint(parsed.text);
    const signedBy = signersOf(
      parsed,
      keys.filter(({ name }) => name === checkpoint.origin),
    ).map(({ keyId }) => keyId);
    if (signedBy.length === 0)
      throw new CannotTell(
        `the checkpoint of ${checkpoint.size} events of ${checkpoint.origin} is signed by none of the keys given`,
      );
    const witnessedBy = cosignaturesOf(parsed, witnesses).map(({ witness }) => witness.name);
    return { ...checkpoint, signedBy, witnessedBy };
  } catch (error) {
    if (error instanceof NoteError) throw new Tampered(null, `a checkpoint is broken: ${error.message}`);
    throw error;
  }
}

/** The newest of the checkpoints, after all of them and all that were kept elsewhere were compared with the leaves. */
export function checkSeals(notes: readonly unknown[], leaves: readonly Hash[], trust: Trust): Signed {
  const signed = notes.map((note) => openCheckpoint(note, trust));
  const newest = signed.at(-1);
  if (newest === undefined) throw new CannotTell("there is no checkpoint");
  signed.forEach((one, index) => {
    const before = signed[index - 1];
    if (before !== undefined && !follows(one, before))
      throw new Tampered(
        null,
        `the checkpoint of ${one.size} events (${one.origin}) stands after that of ${before.size} (${before.origin})`,
      );
  });
  if (newest.size < leaves.length)
    throw new CannotTell(`${leaves.length - newest.size} events are under no checkpoint`);
  const kept = trust.kept.map((note) => openCheckpoint(note, trust));
  for (const { origin } of kept)
    if (!signed.some((one) => logOf(one.origin) === logOf(origin)))
      throw new Tampered(null, `a kept checkpoint is of another log, ${origin}`);
  compare([...signed, ...kept], leaves);
  if (trust.witnesses.length > 0 && newest.witnessedBy.length === 0)
    throw new CannotTell("the newest checkpoint is cosigned by none of the witnesses given");
  return newest;
}

/** Folds the leaves once, and looks at each size that somebody signed. */
function compare(signed: readonly Signed[], leaves: readonly Hash[]): void {
  let [frontier, sound] = [EMPTY, 0];
  for (const { size, root } of [...signed].sort((a, b) => a.size - b.size)) {
    if (size > leaves.length)
      throw new Tampered(leaves.length, `${size} events were signed, and there are ${leaves.length}`);
    frontier = append(frontier, leaves.slice(frontier.size, size));
    if (!rootOf(frontier).equals(root))
      throw new Tampered(
        sound,
        `the events from here to ${size - 1} are not those that were signed: their root is another one`,
      );
    sound = size;
  }
}

function follows(one: Signed, before: Signed): boolean {
  const [generation, earlier] = [generationOf(one.origin), generationOf(before.origin)];
  return logOf(one.origin) === logOf(before.origin) && one.size > before.size && generation >= earlier;
}

function logOf(origin: string): string {
  return origin.slice(0, origin.lastIndexOf("/"));
}

function generationOf(origin: string): number {
  return Number(origin.slice(origin.lastIndexOf("/") + 1));
}
