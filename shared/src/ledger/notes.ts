import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from "node:crypto";

/** Bytes before a key or a signature that say what kind it is. Source: C2SP signed-note, tlog-cosignature. */
export const ED25519 = 1;
export const COSIGNATURE = 4;

const SIGNATURES_MAX = 100;
const LINE = /^— (\S+) ([A-Za-z0-9+/]+={0,2})$/u;
/** DER of an Ed25519 key without the key itself. Source: RFC 8410. */
const PUBLIC_DER = Buffer.from("302a300506032b6570032100", "hex");
const PRIVATE_DER = Buffer.from("302e020100300506032b657004220420", "hex");

/** What is the matter with a text that is no note, or with a key that is none. */
export class NoteError extends Error {}

export interface Signature {
  readonly name: string;
  /** First 4 bytes of what the line carries, as 8 hexadecimal digits. */
  readonly keyId: string;
  /** What follows them. */
  readonly bytes: Buffer;
  readonly line: string;
}

/** A text and who put their names under it. Source: C2SP signed-note. */
export interface Note {
  /** Ends with a newline. */
  readonly text: string;
  readonly signatures: readonly Signature[];
}

/** The public half of a key: who it belongs to and how its signatures are checked. */
export interface Verifier {
  readonly name: string;
  readonly keyId: string;
  readonly kind: typeof ED25519 | typeof COSIGNATURE;
  readonly key: KeyObject;
  /** `name+keyid+base64`, as it is handed around. */
  readonly text: string;
}

export interface Signer {
  readonly verifier: Verifier;
  readonly key: KeyObject;
}

/** @throws {NoteError} saying what is wrong with it */
export function parseNote(note: string): Note {
  const end = note.lastIndexOf("\n\n");
  if (end < 0 || !note.endsWith("\n")) throw new NoteError("a note has a text, an empty line and signatures");
  if (hasControls(note) || !note.isWellFormed()) throw new NoteError("a note holds no control characters");
  const lines = note.slice(end + 2, -1).split("\n");
  if (lines.length > SIGNATURES_MAX) throw new NoteError(`a note has at most ${SIGNATURES_MAX} signatures`);
  return { text: note.slice(0, end + 1), signatures: lines.map(parseSignature) };
}

export function parseSignature(line: string): Signature {
  const [, name = "", base64 = ""] = LINE.exec(line) ?? [];
  const bytes = decodeBase64(base64);
  if (name === "" || name.includes("+") || bytes === null || bytes.length < 5)
    throw new NoteError("a signature line is '— name base64'");
  return { name, keyId: bytes.subarray(0, 4).toString("hex"), bytes: bytes.subarray(4), line };
}

export function formatNote(text: string, lines: readonly string[]): string {
  return `${text}\n${lines.map((line) => `${line}\n`).join("")}`;
}

/** Signature line of an Ed25519 key under `text`. */
export function signText(text: string, signer: Signer): string {
  return signatureLine(signer.verifier, sign(null, Buffer.from(text), signer.key));
}

export function signatureLine({ name, keyId }: Verifier, signature: Uint8Array): string {
  return `— ${name} ${Buffer.concat([Buffer.from(keyId, "hex"), signature]).toString("base64")}`;
}

/**
 * The keys among `verifiers` that signed the note. Signatures of other keys say nothing.
 *
 * @throws {NoteError} when a signature by one of them is wrong: then nothing in the note counts
 */
export function signersOf(note: Note, verifiers: readonly Verifier[]): Verifier[] {
  const found = new Set<Verifier>();
  for (const signature of note.signatures) {
    const verifier = verifiers.find(({ name, keyId }) => name === signature.name && keyId === signature.keyId);
    if (verifier === undefined || verifier.kind !== ED25519) continue;
    if (!verify(null, Buffer.from(note.text), verifier.key, signature.bytes))
      throw new NoteError(`the signature of ${verifier.name} (${verifier.keyId}) is wrong`);
    found.add(verifier);
  }
  return [...found];
}

/** @param seed 32 bytes: the private key */
export function signerOf(name: string, seed: Uint8Array, kind: Verifier["kind"] = ED25519): Signer {
  const key = createPrivateKey({ key: Buffer.concat([PRIVATE_DER, seed]), format: "der", type: "pkcs8" });
  const point = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(PUBLIC_DER.length);
  return { verifier: verifierOf(name, kind, point), key };
}

/** @throws {NoteError} unless it is `name+keyid+base64` of an Ed25519 key whose id is its own */
export function parseVerifier(text: string): Verifier {
  const [, name = "", keyId = "", base64 = ""] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  const bytes = decodeBase64(base64);
  const kind = bytes?.[0];
  if (bytes === null || bytes.length !== 33 || (kind !== ED25519 && kind !== COSIGNATURE))
    throw new NoteError("a key is 'name+keyid+base64' of an Ed25519 key");
  const verifier = verifierOf(name, kind, bytes.subarray(1));
  if (verifier.keyId !== keyId) throw new NoteError(`the key of ${name} has the id ${verifier.keyId}, not ${keyId}`);
  return verifier;
}

function verifierOf(name: string, kind: Verifier["kind"], point: Uint8Array): Verifier {
  if (!/^[^\s+]+$/u.test(name)) throw new NoteError("the name of a key has no space and no plus");
  const typed = Buffer.concat([Buffer.of(kind), point]);
  const keyId = hash("sha256", Buffer.concat([Buffer.from(`${name}\n`), typed]), "buffer").subarray(0, 4);
  const key = createPublicKey({ key: Buffer.concat([PUBLIC_DER, point]), format: "der", type: "spki" });
  const id = keyId.toString("hex");
  return { name, keyId: id, kind, key, text: `${name}+${id}+${typed.toString("base64")}` };
}

/** The public half in the form that OpenSSL and signers of software read. */
export function publicKeyPem({ key }: Verifier): string {
  return key.export({ format: "pem", type: "spki" }).toString();
}

function hasControls(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 0x20 && text[i] !== "\n") return true;
  return false;
}

/** Standard base64 and nothing that only looks like it; null otherwise. */
export function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, "base64");
  return text !== "" && bytes.toString("base64") === text ? bytes : null;
}

/** Hashes of 32 bytes from a list of them in base64; null for anything else. */
export function decodeHashes(list: unknown): Buffer[] | null {
  const texts: unknown[] = Array.isArray(list) ? list : [list];
  const hashes = texts.map((text) => (typeof text === "string" ? decodeBase64(text) : null));
  return hashes.every((hash) => hash?.length === 32) ? (hashes as Buffer[]) : null;
}
