import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { parseEnvelope } from "@aura/shared/ledger/envelopes";
import type { Log } from "@aura/shared/log";
import { sha256Hex } from "@aura/shared/models/canonical-json";
import { newId } from "@aura/shared/models/ids";
import type { Pool } from "@aura/shared/postgres/client";
import { invariant } from "@aura/shared/problems";
import { z } from "zod";
import { archivePayloads, type OldPayload, readErased, readOldPayloads } from "../db/archive-statements.ts";
import { type PollingLoop, startPolling } from "../polling-loop.ts";
import { makeFolderDurably, writeDurably } from "./durable-file.ts";

/** Payloads in one segment at most; each may have a megabyte or so. */
const SEGMENT_MAX = 100;
const LOOK_MS = 3_600_000;
const SEGMENT = /^[0-9a-f-]{36}\.jsonl\.gz$/;

const ArchivedPayload = z.strictObject({ event_id: z.string(), salt: z.string(), bytes: z.string() });
/** A line of a segment: salt in hexadecimal, payload in base64. */
export type ArchivedPayload = z.infer<typeof ArchivedPayload>;

/**
 * Moves payloads that are older than `days` (null: none) into the archive, and takes out of it what a person had erased. Events
 * and leaves stay where they are: only what hangs on them moves.
 */
export function startArchive(pool: Pool, log: Log, holder: string, folder: string, days: number | null): PollingLoop {
  const options = { name: "archive", log, idleMs: LOOK_MS, busyMs: 0 };
  return startPolling(options, async () => {
    await eraseArchived(pool, folder);
    return days !== null && (await archiveOnce(pool, holder, folder, days)) > 0;
  });
}

/**
 * One segment. It is written, read back and compared with what the log committed to before anything goes in the database;
 * killed in between, the next one holds the same payloads once more.
 *
 * @returns how many payloads moved
 */
export async function archiveOnce(pool: Pool, holder: string, folder: string, days: number): Promise<number> {
  const old = await readOldPayloads(pool, days, SEGMENT_MAX);
  if (old.length === 0) return 0;
  makeFolderDurably(folder);
  const id = newId();
  const file = join(folder, `${id}.jsonl.gz`);
  writeSegment(file, old.map(lineOf));
  checkSegment(file, old);
  const sha256 = createHash("sha256").update(readFileSync(file)).digest();
  const { code } = await archivePayloads(pool, holder, { id, event_ids: old.map(({ event_id }) => event_id), sha256 });
  return code === null ? old.length : 0;
}

/** @returns how many payloads went out of the archive because a person had them erased */
export async function eraseArchived(pool: Pool, folder: string): Promise<number> {
  makeFolderDurably(folder);
  let gone = 0;
  for (const name of readdirSync(folder).filter((file) => SEGMENT.test(file))) {
    const lines = readSegment(join(folder, name));
    const erased = await readErased(
      pool,
      lines.map(({ event_id }) => event_id),
    );
    if (erased.size === 0) continue;
    writeSegment(
      join(folder, name),
      lines.filter(({ event_id }) => !erased.has(event_id)),
    );
    gone += erased.size;
  }
  return gone;
}

export function readSegment(file: string): ArchivedPayload[] {
  const lines = gunzipSync(readFileSync(file)).toString("utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => ArchivedPayload.parse(JSON.parse(line)));
}

function writeSegment(file: string, lines: readonly ArchivedPayload[]): void {
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  writeDurably(file, gzipSync(text));
}

/** @throws when the file does not hold, byte for byte, what the envelopes commit to */
function checkSegment(file: string, old: readonly OldPayload[]): void {
  const lines = readSegment(file);
  old.forEach(({ event_id, env }, index) => {
    const line = lines[index];
    const bytes = Buffer.concat([Buffer.from(line?.salt ?? "", "hex"), Buffer.from(line?.bytes ?? "", "base64")]);
    const isWhole = line?.event_id === event_id && parseEnvelope(env)?.payload_sha256 === sha256Hex(bytes);
    invariant(isWhole, `the archive holds what event ${event_id} was written with`);
  });
}

function lineOf({ event_id, salt, payload }: OldPayload): ArchivedPayload {
  return { event_id, salt: salt.toString("hex"), bytes: payload.toString("base64") };
}
