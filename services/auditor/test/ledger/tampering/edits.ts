import { parseCheckpoint } from "@aura/shared/ledger/checkpoints";
import { columnsOf, type Envelope } from "@aura/shared/ledger/envelopes";
import type { Signer } from "@aura/shared/ledger/notes";
import { parseNote } from "@aura/shared/ledger/notes";
import { frontierOf } from "@aura/shared/testing/sample-files";
import {
  envelopeOf,
  logSigner,
  type SampleEvent,
  type SampleExport,
  signedNote,
} from "@aura/shared/testing/sample-log";

export const LOG_KEYS = [logSigner(1), logSigner(1, 2), logSigner(2)].map(({ verifier }) => verifier.text);

/** One way to tamper with a log. */
export interface Tampering {
  readonly name: string;
  /** What a checker is given, where it is not {@link LOG_KEYS}, the witness of the sample, and no checkpoint. */
  readonly keys?: readonly string[];
  readonly witnesses?: readonly string[];
  /** Notes kept elsewhere, by somebody who saw this log. */
  readonly kept?: (log: SampleExport) => readonly string[];
  /** What a checker has to answer. */
  readonly exit: 1 | 2;
  /** First bad sequence, where it can be named. */
  readonly seq?: number;
}

export function eventAt(log: SampleExport, seq: number): SampleEvent {
  const event = log.events[seq];
  if (event === undefined) throw new RangeError(`the sample has no event ${seq}`);
  return event;
}

export function setEvent(log: SampleExport, seq: number, said: object): SampleExport {
  log.events[seq] = { ...eventAt(log, seq), ...said };
  return log;
}

/** Changes what an event says, and its columns with it, so that only the tree speaks against it. */
export function rewrite(log: SampleExport, seq: number, said: Partial<Envelope>): SampleExport {
  const envelope = envelopeOf({ ...(JSON.parse(eventAt(log, seq).envelope) as Envelope), ...said });
  return setEvent(log, seq, { envelope: JSON.stringify(envelope), columns: columnsOf(envelope) });
}

export function setOf(log: SampleExport, seq: number): Record<string, string> {
  return (JSON.parse(eventAt(log, seq).envelope) as { set: Record<string, string> }).set;
}

/** Gives the events the numbers of their places, and the first and last line their count. */
export function renumber(log: SampleExport): SampleExport {
  log.events = log.events.map((event, seq) => ({ ...event, seq }));
  return recount(log);
}

export function recount(log: SampleExport): SampleExport {
  log.head.size = log.events.length;
  log.end = { kind: "end", events: log.events.length, checkpoints: log.checkpoints.length };
  return log;
}

/** Signs every checkpoint again over the events that there are now: as whoever holds the key can. */
export function resign(log: SampleExport, signerOf: (generation: number) => Signer = logSigner): SampleExport {
  log.checkpoints = log.checkpoints.map(({ note }) => {
    const { origin, size } = parseCheckpoint(parseNote(note).text);
    const signer = signerOf(Number(origin.split("/").at(-1)));
    return { kind: "checkpoint", note: signedNote(origin, frontierOf(log.events, size), [signer]) };
  });
  return log;
}

export function noteAt(log: SampleExport, index: number): string {
  const note = log.checkpoints.at(index)?.note;
  if (note === undefined) throw new RangeError(`the sample has no checkpoint ${index}`);
  return note;
}

export function setNote(log: SampleExport, index: number, note: unknown): SampleExport {
  const place = index < 0 ? log.checkpoints.length + index : index;
  log.checkpoints[place] = { kind: "checkpoint", note: note as string };
  return log;
}

/** Flips one bit of base64 bytes. */
export function flipped(base64: string, bit = 0): string {
  const bytes = Buffer.from(base64, "base64");
  bytes[0] = (bytes[0] ?? 0) ^ (1 << bit);
  return bytes.toString("base64");
}

/** A tampering with an export: gives the file's text, or what it consists of. */
export interface ExportTampering extends Tampering {
  readonly tamper: (log: SampleExport) => SampleExport | string;
}

/** Ways to tamper that differ in one thing. */
export function each<T>(things: readonly T[], tampering: (thing: T) => ExportTampering): ExportTampering[] {
  return things.map(tampering);
}

/** With one bit of its first signature flipped, behind the id of the key. */
export function forged(note: string): string {
  return note.replace(/^(— \S+ )(\S+)$/mu, (_, name: string, base64: string) => {
    const bytes = Buffer.from(base64, "base64");
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    return name + bytes.toString("base64");
  });
}
