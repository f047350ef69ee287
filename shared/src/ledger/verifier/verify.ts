import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { NoteError, parseVerifier, type Verifier } from "../notes.ts";
import { readArchive } from "./archive.ts";
import { readExport } from "./export.ts";
import { CannotTell, type Summary, Tampered } from "./findings.ts";
import { checkProof, type EventProof, type ProofSummary } from "./proof.ts";
import { checkRun } from "./run.ts";
import type { Trust } from "./seals.ts";
import { verifyTiles } from "./tiles.ts";
import { checkLog } from "./whole-log.ts";

export interface VerifyOptions {
  /** Verifier keys of the log, as texts, or with @ a file that holds one a line. */
  readonly keys: readonly string[];
  readonly witnesses: readonly string[];
  /** Files with checkpoints that somebody kept. */
  readonly checkpoints: readonly string[];
  /** Folder with segments of the archive, for the payloads that went there. */
  readonly archive?: string | undefined;
}

export type Answer<T> =
  | { readonly outcome: "sound"; readonly exit: 0; readonly summary: T }
  | { readonly outcome: "tampered"; readonly exit: 1; readonly seq: number | null; readonly reason: string }
  | { readonly outcome: "cannot_tell"; readonly exit: 2; readonly reason: string };
export type Verification = Answer<Summary>;

/**
 * Checks an export, a folder of tiles or the events of a run, as docs/architecture/LEDGER_FORMAT.md says. Never throws: what
 * goes wrong while it looks is something that it cannot tell.
 */
export function verify(path: string, options: VerifyOptions): Promise<Verification> {
  return answer(options, (trust) => verifyPath(path, trust));
}

/** Checks what a log answered when it was asked for the proof of one event. Never throws. */
export function verifyProof(proof: EventProof, options: VerifyOptions): Promise<Answer<ProofSummary>> {
  return answer(options, async (trust) => checkProof(proof, trust));
}

async function answer<T>(options: VerifyOptions, check: (trust: Trust) => Promise<T>): Promise<Answer<T>> {
  try {
    const trust = {
      keys: options.keys.flatMap(keysIn).map(keyOf),
      witnesses: options.witnesses.flatMap(keysIn).map(keyOf),
      kept: options.checkpoints.map((file) => readText(file)),
      archive: options.archive === undefined ? null : readArchive(options.archive),
    };
    if (trust.keys.length === 0)
      throw new CannotTell("no key was given: take it from somebody you trust, not from what you check");
    return { outcome: "sound", exit: 0, summary: await check(trust) };
  } catch (error) {
    if (error instanceof Tampered) return { outcome: "tampered", exit: 1, seq: error.seq, reason: error.message };
    return { outcome: "cannot_tell", exit: 2, reason: (error as Error).message };
  }
}

async function verifyPath(path: string, trust: Trust): Promise<Summary> {
  if (!existsSync(path)) throw new CannotTell(`${path} is not there`);
  const events = join(path, "events.jsonl");
  if (statSync(path).isDirectory() && !existsSync(events)) return verifyTiles(path, trust);
  const pack = statSync(path).isDirectory() ? path : null;
  const read = await readExport(pack === null ? path : events);
  return read.ofRun ? checkRun(read, trust, pack) : checkLog(read, trust);
}

function keysIn(text: string): string[] {
  return text.startsWith("@") ? readText(text.slice(1)).split("\n").filter(Boolean) : [text];
}

function keyOf(text: string): Verifier {
  try {
    return parseVerifier(text.trim());
  } catch (error) {
    if (error instanceof NoteError) throw new CannotTell(`a key that was given is none: ${error.message}`);
    throw error;
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new CannotTell(`${file} cannot be read`);
  }
}
