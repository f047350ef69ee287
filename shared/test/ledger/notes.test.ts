import { execFileSync } from "node:child_process";
import { createPublicKey } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cosign, cosignaturesOf, formatCheckpoint, parseCheckpoint } from "@aura/shared/ledger/checkpoints";
import { EMPTY_ROOT } from "@aura/shared/ledger/merkle";
import {
  COSIGNATURE,
  formatNote,
  NoteError,
  parseNote,
  parseVerifier,
  type Signer,
  signerOf,
  signersOf,
  signText,
} from "@aura/shared/ledger/notes";
import { describe, expect, onTestFinished, test } from "vitest";
import { VECTORS } from "./vectors.ts";

/** Examples from C2SP signed-note and from the documentation of golang.org/x/mod/sumdb/note. */
const PUBLISHED = [
  {
    verifier: "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    note: "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n",
  },
  {
    verifier: "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    note: "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
  },
];

const TEXT = "example.com/log\n7\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
const LOG = signerOf("example.com/log", Buffer.alloc(32, 1));
const SUCCESSOR = signerOf("example.com/log", Buffer.alloc(32, 2));
const WITNESS = signerOf("witness.example", Buffer.alloc(32, 3), COSIGNATURE);

const noteBy = (...signers: Signer[]) =>
  formatNote(
    TEXT,
    signers.map((signer) => signText(TEXT, signer)),
  );
const keyIds = (note: string, ...known: Signer[]) =>
  signersOf(
    parseNote(note),
    known.map(({ verifier }) => verifier),
  ).map(({ keyId }) => keyId);

/** With one bit of its signature flipped. */
function spoilt(line: string): string {
  const [dash, name, base64 = ""] = line.split(" ");
  const bytes = Buffer.from(base64, "base64");
  bytes[40] = (bytes[40] ?? 0) ^ 1;
  return `${dash} ${name} ${bytes.toString("base64")}`;
}

describe("keys and signatures", () => {
  test.each(VECTORS.signatures)(
    "of $name are those of another implementation",
    ({ name, seed, verifier, text, line }) => {
      const signer = signerOf(name, Buffer.from(seed, "hex"));
      expect([signer.verifier.text, signText(text, signer)]).toEqual([verifier, line]);
      expect(signersOf(parseNote(formatNote(text, [line])), [parseVerifier(verifier)])).toHaveLength(1);
    },
  );

  test("have the key and the signature of RFC 8032, section 7.1, test 2", () => {
    const seed = Buffer.from("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "hex");
    const { verifier, key } = signerOf("x", seed);
    const point = verifier.key.export({ format: "jwk" }).x ?? "";
    expect(Buffer.from(point, "base64url").toString("hex")).toBe(
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    );
    const line = signText("r", { verifier, key });
    const signature = Buffer.from(line.split(" ")[2] ?? "", "base64").subarray(4);
    expect(signature.toString("hex")).toBe(
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    );
  });

  test.each(PUBLISHED)("$verifier: its published note is good, and changed it is not", ({ verifier, note }) => {
    const keys = [parseVerifier(verifier)];
    expect(signersOf(parseNote(note), keys)).toEqual(keys);
    expect(() => signersOf(parseNote(note.replace("T", "t").replace("If", "if")), keys)).toThrow(NoteError);
  });

  test.each([
    ["no parts", "example.com"],
    ["a name with a space", "a b+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"],
    ["another key id", "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"],
    ["another name", "example.com/fo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"],
    ["capitals in its id", "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"],
    ["a shorter key", "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U0="],
    ["an unknown type", "example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"],
    ["a newline behind it", `${LOG.verifier.text}\n`],
  ])("a key with %s is none", (_, text) => {
    expect(() => parseVerifier(text)).toThrow(NoteError);
  });
});

describe("a note", () => {
  test("tells which of the known keys signed; what others signed says nothing, however wrong", () => {
    expect(keyIds(noteBy(LOG, SUCCESSOR), LOG, SUCCESSOR)).toHaveLength(2);
    expect(keyIds(noteBy(LOG, SUCCESSOR), SUCCESSOR)).toEqual([SUCCESSOR.verifier.keyId]);
    const other = formatNote(TEXT, [signText(TEXT, LOG), spoilt(signText(TEXT, SUCCESSOR)), "— x AAAAAAAA"]);
    expect(keyIds(other, LOG)).toEqual([LOG.verifier.keyId]);
    expect(keyIds(noteBy(SUCCESSOR), LOG)).toEqual([]);
  });

  test("with a wrong signature of a known key is worthless, whoever else signed", () => {
    const lines = [signText(TEXT, SUCCESSOR), spoilt(signText(TEXT, LOG))];
    expect(() => keyIds(formatNote(TEXT, lines), LOG, SUCCESSOR)).toThrow("is wrong");
    const both = [signText(TEXT, LOG), spoilt(signText(TEXT, LOG))];
    expect(() => keyIds(formatNote(TEXT, both), LOG)).toThrow(NoteError);
    const short = signText(TEXT, LOG).replace(/\S+$/u, `${Buffer.from(LOG.verifier.keyId, "hex").toString("base64")}`);
    expect(() => parseNote(formatNote(TEXT, [short]))).toThrow(NoteError);
  });

  test.each([
    ["no empty line", TEXT],
    ["no signatures", `${TEXT}\n`],
    ["no newline at its end", noteBy(LOG).slice(0, -1)],
    ["a carriage return", noteBy(LOG).replace("7", "7\r")],
    ["a NUL", noteBy(LOG).replace("7", "\0")],
    ["half a surrogate pair", noteBy(LOG).replace("7", "\ud800")],
    ["a hyphen for the dash", noteBy(LOG).replace("—", "-")],
    ["a name with a plus", noteBy(LOG).replace("— example", "— exa+mple")],
    ["loose base64", noteBy(LOG).replace(/=*\n$/, "\n")],
    ["an empty signature", noteBy(LOG).replace(/ \S+\n$/, " \n")],
    ["101 signatures", formatNote(TEXT, Array(101).fill(signText(TEXT, LOG)))],
  ])("with %s is none", (_, note) => {
    expect(() => parseNote(note)).toThrow(NoteError);
  });

  test("has as its text all before the last empty line", () => {
    const text = "one\n\n— x AAAAAAAA\n\nthree\n";
    expect(parseNote(formatNote(text, [signText(text, LOG)])).text).toBe(text);
  });
});

describe("cosignatures", () => {
  test.each(VECTORS.cosignatures)(
    "at $time are those of another implementation",
    ({ name, seed, verifier, text, time, line }) => {
      const witness = signerOf(name, Buffer.from(seed, "hex"), COSIGNATURE);
      expect([witness.verifier.text, cosign(text, time, witness)]).toEqual([verifier, line]);
      const [found] = cosignaturesOf(parseNote(formatNote(text, [line])), [parseVerifier(verifier)]);
      expect(found).toMatchObject({ time, witness: { name } });
    },
  );

  test("count for no log key, and a log's signature for no cosignature", () => {
    const note = parseNote(formatNote(TEXT, [signText(TEXT, LOG), cosign(TEXT, 1, WITNESS)]));
    expect(signersOf(note, [WITNESS.verifier])).toEqual([]);
    expect(cosignaturesOf(note, [LOG.verifier])).toEqual([]);
  });

  test("that are wrong, of another time or another text, make the note worthless", () => {
    const of = (line: string) => cosignaturesOf(parseNote(formatNote(TEXT, [line])), [WITNESS.verifier]);
    const line = cosign(TEXT, 1, WITNESS);
    expect(of(line)).toHaveLength(1);
    const bytes = Buffer.from(line.split(" ")[2] ?? "", "base64");
    const other = (change: (bytes: Buffer) => void) => {
      const copy = Buffer.from(bytes);
      change(copy);
      return line.replace(/\S+$/u, copy.toString("base64"));
    };
    expect(() => of(other((copy) => copy.writeBigUInt64BE(2n, 4)))).toThrow(NoteError);
    expect(() => of(other((copy) => copy.writeBigUInt64BE(2n ** 63n, 4)))).toThrow(NoteError);
    expect(() => of(spoilt(line))).toThrow(NoteError);
    expect(() => of(cosign(`${TEXT}x\n`, 1, WITNESS))).toThrow(NoteError);
    const cut = line.replace(/\S+$/u, bytes.subarray(0, 70).toString("base64"));
    expect(() => of(cut)).toThrow(NoteError);
  });
});

describe("checkpoints", () => {
  test("are three lines, and what a log adds below them is signed and means nothing", () => {
    const checkpoint = { origin: "example.com/log", size: 7, root: EMPTY_ROOT };
    expect(formatCheckpoint(checkpoint)).toBe(TEXT);
    expect(parseCheckpoint(TEXT)).toEqual(checkpoint);
    expect(parseCheckpoint(`${TEXT}more\n`)).toEqual(checkpoint);
    expect(parseCheckpoint(TEXT.replace("7", String(Number.MAX_SAFE_INTEGER))).size).toBe(2 ** 53 - 1);
  });

  test.each([
    ["no origin", TEXT.replace("example.com/log", "")],
    ["two lines", TEXT.split("\n").slice(0, 2).join("\n")],
    ["an empty line", `${TEXT}\nmore\n`],
    ["a size with a zero before it", TEXT.replace("7", "07")],
    ["a negative size", TEXT.replace("7", "-7")],
    ["a size in another form", TEXT.replace("7", "7e0")],
    ["a size that numbers do not hold", TEXT.replace("7", "9007199254740993")],
    ["a shorter root", TEXT.replace("47DE", "")],
    ["a root in loose base64", TEXT.replace("SuFU=", "SuFV=")],
    ["no base64", TEXT.replace("47DE", "!!!!")],
  ])("with %s are none", (_, text) => {
    expect(() => parseCheckpoint(text)).toThrow(NoteError);
  });

  test("are signed so that openssl says so too (its program has to be installed, as on Debian images)", () => {
    const folder = mkdtempSync(join(tmpdir(), "aura-openssl-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const write = (name: string, content: Uint8Array | string) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    const note = parseNote(noteBy(LOG));
    const key = write("key.pem", createPublicKey(LOG.key).export({ format: "pem", type: "spki" }));
    const signature = write("signature", note.signatures[0]?.bytes ?? "");
    const verified = (text: string) => {
      const input = ["-rawin", "-in", text, "-sigfile", signature];
      return execFileSync("openssl", ["pkeyutl", "-verify", "-pubin", "-inkey", key, ...input], {
        encoding: "utf8",
        stdio: "pipe",
      });
    };
    expect(verified(write("text", note.text))).toContain("Signature Verified Successfully");
    expect(() => verified(write("other", note.text.replace("7", "8")))).toThrow("Command failed");
  });
});
