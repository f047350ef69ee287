import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Tree } from "@aura/shared/models/tree";
import { zipSync } from "fflate";
import { Header, Pax } from "tar";

const compress = promisify(gzip);
const BLOCK = 512;

/**
 * A gzipped tar of a tree, the same bytes for the same input: sorted, no owner, one time for all.
 *
 * @param at time of every entry
 */
export async function tarGz(tree: Tree, at: Date): Promise<Buffer> {
  const entries = [...tree].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, body]) => entryOf(path, body, at));
  return compress(Buffer.concat([...entries, Buffer.alloc(2 * BLOCK)]));
}

/** A ZIP of a tree, the same bytes for the same input. ZIP times have no zone; they are given as UTC. */
export function zip(tree: Tree, at: Date): Uint8Array {
  const local = new Date(at.getTime() + at.getTimezoneOffset() * 60_000);
  const sorted = [...tree].sort(([a], [b]) => (a < b ? -1 : 1));
  return zipSync(Object.fromEntries(sorted), { mtime: local, os: 3, attrs: 0o644 << 16 });
}

function entryOf(path: string, body: Buffer, at: Date): Buffer {
  const facts = { path, mode: 0o644, uid: 0, gid: 0, size: body.byteLength, mtime: at, type: "File" as const };
  const header = new Header(facts);
  const bytes = Buffer.alloc(BLOCK);
  const long = header.encode(bytes, 0);
  const padding = Buffer.alloc((BLOCK - (body.byteLength % BLOCK)) % BLOCK);
  const extended = long ? new Pax({ path, mtime: at, size: body.byteLength }).encode() : Buffer.alloc(0);
  return Buffer.concat([extended, bytes, body, padding]);
}
