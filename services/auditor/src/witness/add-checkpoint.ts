import { cosign, parseCheckpoint } from "@aura/shared/ledger/checkpoints";
import { EMPTY_ROOT, type Hash } from "@aura/shared/ledger/merkle";
import {
  decodeHashes,
  formatNote,
  type Note,
  NoteError,
  parseNote,
  type Signer,
  signersOf,
  type Verifier,
} from "@aura/shared/ledger/notes";
import { verifyConsistency } from "@aura/shared/ledger/proofs";
import type { KeptCheckpoints } from "./kept-checkpoints.ts";

const PROOF_LINES_MAX = 63;

/** What the witness says: HTTP status, and a body that is a cosignature, the size it knows, or why not. */
export interface Answer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422;
  /** Ends with a newline. */
  readonly body: string;
  /** Whether the body is the size that the witness has. */
  readonly isSize?: true;
}

export interface WitnessDeps {
  readonly kept: KeptCheckpoints;
  readonly signer: Signer;
  /** Keys of the logs that it knows, as they are now. */
  readonly keys: () => readonly Verifier[];
  /** Seconds since 1970. */
  readonly now: () => number;
}

interface Wish {
  readonly oldSize: number;
  readonly proof: readonly Hash[];
  readonly note: Note;
}

/**
 * Cosigns a checkpoint that continues the newest one it saw of this log, and keeps it. The order of what is checked, and the
 * statuses, are those of C2SP tlog-witness.
 */
export function addCheckpoint(deps: WitnessDeps, body: string): Answer {
  const wish = parseWish(body);
  if (wish === null) return { status: 400, body: "not 'old <size>', proof lines, an empty line and a checkpoint\n" };
  const { note, oldSize, proof } = wish;
  const { origin, size, root } = parseCheckpoint(note.text);
  const keys = deps.keys().filter(({ name }) => name === origin);
  if (keys.length === 0) return { status: 404, body: "no key of this log is known here\n" };
  const lines = signedLines(note, keys);
  if (lines.length === 0) return { status: 403, body: "not signed by a known key of this log\n" };
  if (oldSize > size) return { status: 400, body: "the old size is larger than the checkpoint\n" };

  return deps.kept.decide<Answer>(origin, (kept) => {
    const known = kept ?? { size: 0, root: EMPTY_ROOT };
    if (known.size !== oldSize) return unchanged({ status: 409, body: `${known.size}\n`, isSize: true });
    if (size === oldSize && !root.equals(known.root))
      return unchanged({ status: 409, body: "another root for this size\n" });
    if (!verifyConsistency(oldSize, size, proof, known.root, root))
      return unchanged({ status: 422, body: "the proof does not lead from the old size to this checkpoint\n" });
    const line = cosign(note.text, deps.now(), deps.signer);
    const keep = kept?.size === size ? null : formatNote(note.text, [...lines, line]);
    return { keep, answer: { status: 200, body: `${line}\n` } };
  });
}

function unchanged(answer: Answer) {
  return { keep: null, answer };
}

function parseWish(body: string): Wish | null {
  const end = body.indexOf("\n\n");
  const [first = "", ...lines] = body.slice(0, Math.max(end, 0)).split("\n");
  const [, old] = /^old (0|[1-9]\d{0,15})$/.exec(first) ?? [];
  if (old === undefined || !Number.isSafeInteger(Number(old)) || lines.length > PROOF_LINES_MAX) return null;
  const proof = decodeHashes(lines);
  if (proof === null) return null;
  try {
    const note = parseNote(body.slice(end + 2));
    parseCheckpoint(note.text);
    return { oldSize: Number(old), proof, note };
  } catch (error) {
    if (error instanceof NoteError) return null;
    throw error;
  }
}

/** Signature lines by the log's keys, each once however often it was sent; none where one of them is wrong. */
function signedLines(note: Note, keys: readonly Verifier[]): string[] {
  try {
    const signers = signersOf(note, keys);
    const good = note.signatures.filter(({ name, keyId }) =>
      signers.some((signer) => signer.name === name && signer.keyId === keyId),
    );
    return [...new Set(good.map(({ line }) => line))];
  } catch (error) {
    if (error instanceof NoteError) return [];
    throw error;
  }
}
