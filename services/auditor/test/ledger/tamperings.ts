import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { longExport, sampleExport } from "@aura/shared/testing/sample-export";
import { runExport, tileFiles } from "@aura/shared/testing/sample-files";
import { exportText, type SampleExport, WITNESS } from "@aura/shared/testing/sample-log";
import { CHECKPOINT_TAMPERINGS } from "./tampering/checkpoint-tamperings.ts";
import { LOG_KEYS, type Tampering } from "./tampering/edits.ts";
import { EVENT_TAMPERINGS } from "./tampering/event-tamperings.ts";
import { FILE_TAMPERINGS } from "./tampering/file-tamperings.ts";
import { KEPT_TAMPERINGS } from "./tampering/kept-tamperings.ts";
import { ORDER_TAMPERINGS } from "./tampering/order-tamperings.ts";
import { PAYLOAD_TAMPERINGS } from "./tampering/payload-tamperings.ts";
import { RUN_ID, RUN_TAMPERINGS } from "./tampering/run-tamperings.ts";
import { TILE_TAMPERINGS } from "./tampering/tile-tamperings.ts";

const EXPORT = "export.jsonl";
const SOUND = { exit: 0, keys: LOG_KEYS, witnesses: [WITNESS.verifier.text], kept: [] } as const;

/** What a checker is given, and what it has to answer. */
export interface Case {
  readonly name: string;
  readonly exit: 0 | 1 | 2;
  /** First bad sequence, where it can be named. */
  readonly seq: number | null;
  readonly keys: readonly string[];
  readonly witnesses: readonly string[];
  readonly kept: readonly string[];
  /** What is checked: a file of this name, or for tiles the folder. */
  readonly path: string;
  readonly files: ReadonlyMap<string, Buffer | string>;
}

/** Every tampering as files, and the files that they were made from. */
export function tamperingCases(): Case[] {
  const [sample, long] = [sampleExport(), longExport()];
  const tiles = tileFiles(long);
  const ofExports = [
    ...[...EVENT_TAMPERINGS, ...ORDER_TAMPERINGS, ...PAYLOAD_TAMPERINGS, ...FILE_TAMPERINGS],
    ...[...CHECKPOINT_TAMPERINGS, ...KEPT_TAMPERINGS, ...RUN_TAMPERINGS],
  ].map((one) => {
    const made = one.tamper(structuredClone(sample));
    const text = typeof made === "string" ? made : exportText(made);
    return { ...given(one, sample), path: EXPORT, files: new Map([[EXPORT, text]]) };
  });
  const ofTiles = TILE_TAMPERINGS.map((one) => {
    const files = one.tamper(new Map(tiles), structuredClone(long));
    return { ...given(one, long), path: ".", files };
  });
  return [...soundCases(sample, tiles), ...ofExports, ...ofTiles];
}

function soundCases(log: SampleExport, tiles: Map<string, Buffer>): Case[] {
  const kept = log.checkpoints.map(({ note }) => note);
  const whole = new Map([[EXPORT, exportText(log)]]);
  const run = new Map([["events.jsonl", exportText(runExport(log, RUN_ID))]]);
  return [
    { ...SOUND, name: "sound-export", seq: null, kept, path: EXPORT, files: whole },
    { ...SOUND, name: "sound-run", seq: null, kept: kept.slice(-1), path: ".", files: run },
    { ...SOUND, name: "sound-tiles", seq: null, path: ".", files: tiles },
  ];
}

function given({ name, exit, seq, keys, witnesses, kept }: Tampering, log: SampleExport): Omit<Case, "path" | "files"> {
  const trust = { keys: keys ?? SOUND.keys, witnesses: witnesses ?? SOUND.witnesses, kept: kept?.(log) ?? [] };
  return { name, exit, seq: seq ?? null, ...trust };
}

/** Writes a case as files: `case.json` says what is given and expected, `kept-<n>.note` are the checkpoints kept elsewhere. */
export function writeCase(folder: string, { files, kept, ...said }: Case): void {
  for (const [path, content] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  const checkpoints = kept.map((_, n) => `kept-${n}.note`);
  for (const [n, note] of kept.entries()) writeFileSync(join(folder, `kept-${n}.note`), note);
  writeFileSync(join(folder, "case.json"), `${JSON.stringify({ ...said, checkpoints }, null, 1)}\n`);
}

/** `node tamperings.ts FOLDER`: all of them, for another checker. */
if (import.meta.main) {
  const [folder = ""] = process.argv.slice(2);
  if (folder === "") throw new Error("a folder is needed");
  const cases = tamperingCases();
  for (const one of cases) writeCase(join(folder, one.name), one);
  console.log(`${cases.length} cases in ${folder}`);
}
