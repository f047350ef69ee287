import { encodeBundle } from "@aura/shared/ledger/tiles";
import { bytesOf, tileFiles } from "@aura/shared/testing/sample-files";
import type { SampleExport } from "@aura/shared/testing/sample-log";
import { noteAt, rewrite, type Tampering } from "./edits.ts";

type Files = Map<string, Buffer>;

/** Tamperings with a folder of tiles; the sample is a log of 328 events, with a tile of level 1. */
export interface TileTampering extends Tampering {
  readonly tamper: (files: Files, log: SampleExport) => Files;
}

const ENTRIES = "tile/entries/000";
const LAST_ENTRIES = "tile/entries/001.p/72";

export const TILE_TAMPERINGS: TileTampering[] = [
  { name: "tiles-entry-changed", exit: 1, seq: 0, tamper: (_, log) => tileFiles(rewrite(log, 300, { actor_id: "x" })) },
  {
    name: "tiles-entry-changed-alone",
    exit: 1,
    seq: 0,
    tamper: (files, log) => set(files, LAST_ENTRIES, bundle(rewrite(log, 300, { actor_id: "x" }), 256)),
  },
  { name: "tiles-entry-malformed", exit: 1, seq: 0, tamper: (files) => flip(files, ENTRIES, 2) },
  {
    name: "tiles-entry-dropped",
    exit: 1,
    seq: 255,
    tamper: (files, log) => set(files, ENTRIES, encodeBundle(log.events.slice(0, 255).map(bytesOf))),
  },
  {
    name: "tiles-entry-added",
    exit: 1,
    seq: 328,
    tamper: (files, log) => set(files, LAST_ENTRIES, encodeBundle(log.events.slice(255).map(bytesOf))),
  },
  {
    name: "tiles-entries-swapped",
    exit: 1,
    seq: 6,
    tamper: (files, log) => set(files, ENTRIES, bundle(swapped(log), 0)),
  },
  {
    name: "tiles-entries-cut",
    exit: 1,
    seq: 256,
    tamper: (files) => set(files, LAST_ENTRIES, files.get(LAST_ENTRIES)?.subarray(0, -1)),
  },
  { name: "tiles-hash-changed", exit: 1, seq: 0, tamper: (files) => flip(files, "tile/0/000", 40) },
  { name: "tiles-hash-of-last-changed", exit: 1, seq: 256, tamper: (files) => flip(files, "tile/0/001.p/72", 0) },
  { name: "tiles-inner-hash-changed", exit: 1, seq: 0, tamper: (files) => flip(files, "tile/1/000.p/1", 0) },
  { name: "tiles-hash-added", exit: 1, seq: 0, tamper: (files) => set(files, "tile/1/000.p/1", Buffer.alloc(64)) },
  {
    name: "tiles-checkpoint-forged",
    exit: 1,
    tamper: (files) => set(files, "checkpoint", edited(files, "\n328\n", "\n327\n")),
  },
  { name: "tiles-checkpoint-missing", exit: 2, tamper: (files) => remove(files, "checkpoint") },
  { name: "tiles-entries-missing", exit: 2, tamper: (files) => remove(files, LAST_ENTRIES) },
  { name: "tiles-hashes-missing", exit: 2, tamper: (files) => remove(files, "tile/0/001.p/72") },
  { name: "tiles-inner-hashes-missing", exit: 2, tamper: (files) => remove(files, "tile/1/000.p/1") },
  { name: "tiles-older-than-kept", exit: 1, seq: 100, tamper: older, witnesses: [], kept: (log) => [noteAt(log, -1)] },
];

function set(files: Files, path: string, content: Buffer | undefined): Files {
  if (content === undefined || !files.has(path)) throw new RangeError(`the sample has no ${path}`);
  return files.set(path, content);
}

function flip(files: Files, path: string, at: number): Files {
  const bytes = Buffer.from(files.get(path) ?? "");
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return set(files, path, bytes);
}

function remove(files: Files, path: string): Files {
  if (!files.delete(path)) throw new RangeError(`the sample has no ${path}`);
  return files;
}

function edited(files: Files, from: string, to: string): Buffer {
  return Buffer.from((files.get("checkpoint") ?? "").toString().replace(from, to));
}

function bundle({ events }: SampleExport, start: number): Buffer {
  return encodeBundle(events.slice(start, start + 256).map(bytesOf));
}

function swapped(log: SampleExport): SampleExport {
  const [one, other] = log.events.slice(5, 7);
  if (one === undefined || other === undefined) throw new RangeError("the sample is too short");
  return { ...log, events: log.events.with(5, other).with(6, one) };
}

/** What the folder was when the log had 100 events. */
function older(_: Files, log: SampleExport): Files {
  return tileFiles({ ...log, events: log.events.slice(0, 100), checkpoints: log.checkpoints.slice(0, 1) });
}
