import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { attestationFindings, attestedIn } from "../attestation-check.ts";
import { payloadSha256 } from "../envelopes.ts";
import { readLines } from "../json-lines.ts";
import { parseVerifier, type Verifier } from "../notes.ts";
import { readExport } from "./export.ts";
import { CannotTell, type Finding, Tampered } from "./findings.ts";
import { type ArchivedHashes, add, type Log } from "./log.ts";
import { openSigned, type Signed, signedFindings, type Trust } from "./signed.ts";
import { readTiles } from "./tiles.ts";

/** Keys as texts, or with @ as a file of one a line; files of checkpoints that were kept; the folder of the archive. */
export interface VerifyOptions {
  readonly keys: readonly string[];
  readonly witnesses: readonly string[];
  readonly checkpoints: readonly string[];
  readonly archive?: string | undefined;
}

export type Answer<T> =
  | { readonly outcome: "sound"; readonly exit: 0; readonly summary: T }
  | { readonly outcome: "tampered"; readonly exit: 1; readonly seq: number | null; readonly reason: string }
  | { readonly outcome: "cannot_tell"; readonly exit: 2; readonly reason: string };

/** What was looked at, when all of it holds. */
export type Summary = ReturnType<typeof summarize>;
export type SignedSummary = ReturnType<typeof check>;

/**
 * Checks an export, a folder of tiles or an unpacked evidence pack, as docs/architecture/LEDGER_FORMAT.md says. Never
 * throws: what goes wrong while it looks is something that it cannot tell.
 */
export function verify(path: string, options: VerifyOptions): Promise<Answer<Summary>> {
  return answer(options, async (trust) => {
    const log = await readLog(path, trust);
    return summarize(log, check(log, trust), trust);
  });
}

/** What `look` makes of it, or throws, as an answer. */
export async function answer<T>(options: VerifyOptions, look: (trust: Trust) => Promise<T>): Promise<Answer<T>> {
  let trust: Trust | null = null;
  try {
    trust = await readTrust(options);
    return { outcome: "sound", exit: 0, summary: await look(trust) };
  } catch (error) {
    const { message: reason } = error as Error;
    if (trust === null || !(error instanceof Tampered)) return { outcome: "cannot_tell", exit: 2, reason };
    return { outcome: "tampered", exit: 1, seq: error.seq, reason };
  }
}

async function readTrust({ checkpoints, archive, ...given }: VerifyOptions): Promise<Trust> {
  const [keys, witnesses] = [given.keys.flatMap(readKeys), given.witnesses.flatMap(readKeys)];
  if (keys.length === 0) throw new CannotTell("no key was given: take it from somebody whom you trust");
  const kept = checkpoints.map((file) => openSigned(readFileSync(file, "utf8"), { keys, witnesses }));
  return { keys, witnesses, kept, archive: archive === undefined ? null : await readArchive(archive) };
}

function readKeys(text: string): Verifier[] {
  const lines = text.startsWith("@") ? readFileSync(text.slice(1), "utf8").split("\n").filter(Boolean) : [text];
  return lines.map((line) => parseVerifier(line.trim()));
}

async function readArchive(folder: string): Promise<ArchivedHashes> {
  const found = new Map<string, (string | null)[]>();
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".jsonl.gz")))
    for await (const line of readLines(join(folder, name))) {
      const { event_id, salt, bytes } = JSON.parse(line.toString()) as Record<string, string>;
      add(found, String(event_id), payloadSha256(salt, bytes));
    }
  return found;
}

async function readLog(path: string, trust: Trust): Promise<Log> {
  const events = join(path, "events.jsonl");
  if (!statSync(path).isDirectory()) return readExport(path, null);
  return existsSync(events) ? readExport(events, path) : readTiles(path, trust);
}

/**
 * @returns the newest checkpoint, which covers every event, with its root in hexadecimal
 * @throws {Tampered} the contradiction with the smallest sequence @throws {CannotTell} what is missing, where there is none
 */
export function check(log: Log, trust: Trust) {
  const signed = log.notes.map((note) => openSigned(note, trust));
  const newest = signed.at(-1);
  if (newest === undefined) throw new CannotTell("there is no checkpoint");
  const rank = (one: Finding) => (one instanceof Tampered ? (one.seq ?? Number.MAX_VALUE) : Infinity);
  let worst: Finding | null = null;
  for (const one of findingsIn(log, signed, newest, trust)) if (worst === null || rank(one) < rank(worst)) worst = one;
  if (worst !== null) throw worst;
  return { ...newest, root: newest.root.toString("hex") };
}

function* findingsIn(log: Log, signed: readonly Signed[], newest: Signed, trust: Trust): Generator<Finding> {
  yield* log.found;
  yield* signedFindings(log, signed, newest, trust);
  if (log.kind !== "proof") yield* log.findings(trust.archive);
  if (log.pack !== null) yield* attestationFindings(log.told, join(log.pack, "attestation"), newest.log);
}

function summarize(log: Log, newest: SignedSummary, { kept, archive }: Trust) {
  const [payloads, attested] = [log.payloads(), log.pack === null ? null : attestedIn(log.told)];
  if (archive === null && payloads.archived > 0) log.unseen.push("payloads in the archive: it was not given");
  if (log.kind === "run" && attested === null) log.unseen.push("an attestation of a delivery: there is none here");
  return {
    ...{ kind: log.kind, ...newest, events: log.seqs.length, checkpoints: log.notes.length, payloads, attested },
    ...{ kept_checkpoints: kept.length, runs_sealed: log.told.get("run.sealed")?.length ?? 0, not_checked: log.unseen },
  };
}
