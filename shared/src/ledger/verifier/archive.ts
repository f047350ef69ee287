import { hash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { decodeBase64 } from "../notes.ts";
import { CannotTell } from "./findings.ts";

/** By the id of an event, hashes of salt and payload as segments of the archive hold them. */
export type ArchivedHashes = ReadonlyMap<string, readonly string[]>;

/** @throws {CannotTell} for a folder or a segment that cannot be read */
export function readArchive(folder: string): ArchivedHashes {
  const found = new Map<string, string[]>();
  try {
    for (const name of readdirSync(folder).filter((file) => file.endsWith(".jsonl.gz")))
      for (const line of gunzipSync(readFileSync(join(folder, name)))
        .toString("utf8")
        .split("\n")
        .filter(Boolean)) {
        const { event_id, salt, bytes } = JSON.parse(line) as Record<string, string>;
        const hashes = found.get(String(event_id)) ?? [];
        found.set(String(event_id), [...hashes, hashOf(String(salt), String(bytes))]);
      }
  } catch (error) {
    throw new CannotTell(`the archive ${folder} cannot be read: ${(error as Error).message}`);
  }
  return found;
}

/** Empty for what is malformed: no payload has it. */
function hashOf(salt: string, bytes: string): string {
  const body = bytes === "" ? Buffer.alloc(0) : decodeBase64(bytes);
  const isWhole = /^[0-9a-f]{64}$/.test(salt) && body !== null;
  return isWhole ? hash("sha256", Buffer.concat([Buffer.from(salt, "hex"), body])) : "";
}
