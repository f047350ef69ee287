import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { parseEnvelope, payloadSha256 } from "@aura/shared/ledger/envelopes";
import { z } from "zod";
import { writeDurably } from "./durable-file.ts";

const SEGMENT = /^([0-9a-f-]{36})\.jsonl\.gz$/;
/** What a process that was killed left half written; it may hold payloads. */
const DRAFT = /\.jsonl\.gz\..*\.new$/;
/** Far longer than any of them is being written, in ms. */
const DRAFT_AGE_MS = 3_600_000;

const ArchivedPayload = z.strictObject({ event_id: z.string(), salt: z.string(), bytes: z.string() });
/** A line of a segment: salt in hexadecimal, payload in base64. */
export type ArchivedPayload = z.infer<typeof ArchivedPayload>;

/** A file of the archive. */
export class ArchiveSegment {
  readonly id: string;
  readonly #file: string;

  constructor(folder: string, id: string) {
    this.id = id;
    this.#file = join(folder, `${id}.jsonl.gz`);
  }

  read(): ArchivedPayload[] {
    const lines = gunzipSync(readFileSync(this.#file)).toString("utf8").split("\n");
    return lines.filter((line) => line !== "").map((line) => ArchivedPayload.parse(JSON.parse(line)));
  }

  write(lines: readonly ArchivedPayload[]): void {
    writeDurably(this.#file, gzipSync(lines.map((line) => `${JSON.stringify(line)}\n`).join("")));
  }

  sha256(): Buffer {
    return createHash("sha256").update(readFileSync(this.#file)).digest();
  }
}

/** All of them, those that the database was never told of too. */
export function segmentsIn(folder: string): ArchiveSegment[] {
  const ids = readdirSync(folder).flatMap((name) => SEGMENT.exec(name)?.[1] ?? []);
  return ids.map((id) => new ArchiveSegment(folder, id));
}

export function removeOldDrafts(folder: string): void {
  for (const name of readdirSync(folder).filter((file) => DRAFT.test(file))) {
    const file = join(folder, name);
    if (Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > DRAFT_AGE_MS)
      rmSync(file, { force: true });
  }
}

/** Whether this is, byte for byte, what the envelope commits to. */
export function isCommitted({ event_id, salt, bytes }: ArchivedPayload, env: Uint8Array): boolean {
  const envelope = parseEnvelope(Buffer.from(env));
  return envelope?.id === event_id && envelope.payload_sha256 === payloadSha256(salt, bytes);
}
