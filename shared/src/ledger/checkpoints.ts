import { sign, verify } from "node:crypto";
import type { Hash } from "./merkle.ts";
import {
  COSIGNATURE,
  decodeBase64,
  type Note,
  NoteError,
  parseNote,
  type Signer,
  signatureLine,
  signersOf,
  type Verifier,
} from "./notes.ts";

/** How large a log was, and the root of its tree then. Source: C2SP tlog-checkpoint. */
export interface Checkpoint {
  /** Name of the log. */
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
}

/** The signed text: three lines. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${root.toString("base64")}\n`;
}

/**
 * @param text of a note; extension lines after the third are signed with it and mean nothing here
 * @throws {NoteError} saying what is wrong with it
 */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = "", size = "", root = "", ...rest] = text.split("\n");
  if (origin === "" || rest.length === 0 || rest.slice(0, -1).includes(""))
    throw new NoteError("a checkpoint is three lines");
  const bytes = decodeBase64(root);
  if (!/^(0|[1-9]\d{0,15})$/.test(size) || !Number.isSafeInteger(Number(size)))
    throw new NoteError("the size of a checkpoint is a decimal number");
  if (bytes?.length !== 32) throw new NoteError("the root of a checkpoint is 32 bytes in base64");
  return { origin, size: Number(size), root: bytes };
}

/** A witness's word that at `time` it had seen nothing that speaks against the checkpoint. */
export interface Cosignature {
  readonly witness: Verifier;
  /** In seconds since 1970. */
  readonly time: number;
}

/** Line under a checkpoint by which a witness says that it saw it. Source: C2SP tlog-cosignature, cosignature/v1. */
export function cosign(text: string, time: number, signer: Signer): string {
  const stamp = Buffer.alloc(8);
  stamp.writeBigUInt64BE(BigInt(time));
  return signatureLine(signer.verifier, Buffer.concat([stamp, sign(null, cosignedText(text, time), signer.key)]));
}

/**
 * The cosignatures of `witnesses` under a note.
 *
 * @throws {NoteError} when one of them is wrong
 */
export function cosignaturesOf(note: Note, witnesses: readonly Verifier[]): Cosignature[] {
  const found: Cosignature[] = [];
  for (const { name, keyId, bytes } of note.signatures) {
    const witness = witnesses.find((one) => one.name === name && one.keyId === keyId && one.kind === COSIGNATURE);
    if (witness === undefined) continue;
    const time = bytes.length === 72 ? Number(bytes.readBigUInt64BE()) : Number.NaN;
    if (!Number.isSafeInteger(time) || !verify(null, cosignedText(note.text, time), witness.key, bytes.subarray(8)))
      throw new NoteError(`the cosignature of ${name} (${keyId}) is wrong`);
    found.push({ witness, time });
  }
  return found;
}

/** A checkpoint, the ids of the log's own keys that signed it, and the names of witnesses that cosigned it. */
export interface SignedCheckpoint extends Checkpoint {
  readonly signed_by: readonly string[];
  readonly witnessed_by: readonly string[];
}

/**
 * Reads a note as a checkpoint under signatures of `keys` and `witnesses`; there may be none of either.
 *
 * @throws {NoteError} when it is none, or a signature of one of them is wrong
 */
export function openCheckpoint(
  text: string,
  keys: readonly Verifier[],
  witnesses: readonly Verifier[] = [],
): SignedCheckpoint {
  const note = parseNote(text);
  const checkpoint = parseCheckpoint(note.text);
  const signers = signersOf(note, keys).filter(({ name }) => name === checkpoint.origin);
  return {
    ...checkpoint,
    signed_by: signers.map(({ keyId }) => keyId),
    witnessed_by: cosignaturesOf(note, witnesses).map(({ witness }) => witness.name),
  };
}

function cosignedText(text: string, time: number): Buffer {
  return Buffer.from(`cosignature/v1\ntime ${time}\n${text}`);
}
