import { isUtf8 } from "node:buffer";
import type { Tree } from "@aura/shared/models/tree";
import { readBlobs } from "@aura/shared/postgres/blobs";
import type { Queryable } from "@aura/shared/postgres/client";
import type { ContextFile } from "@aura/shared/schemas/task-context";
import { type RunFacts, readAttachmentRefs } from "../../db/orchestration-specification.ts";

/** Bytes of one file, and of all files together, that an agent is shown of what it only reads. */
const FILE_BYTES_MAX = 64 * 1024;
const TOTAL_BYTES_MAX = 512 * 1024;

/**
 * Files as an agent sees them, sorted by path. A tree that checks run on comes whole; where files are only read, long
 * ones are cut, and say so, and once the total is reached only that notice stands.
 */
export function contextFiles(tree: Tree, bound: "whole" | "bounded"): ContextFile[] {
  let left = TOTAL_BYTES_MAX;
  return [...tree]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, body]) => {
      const shown = bound === "whole" ? body : cut(body, Math.min(FILE_BYTES_MAX, left));
      left = Math.max(0, left - shown.byteLength);
      return contextFile(path, shown, body.byteLength - shown.byteLength);
    });
}

function contextFile(path: string, body: Buffer, hidden: number): ContextFile {
  if (!isUtf8(body)) return { path, encoding: "base64", content: body.toString("base64") };
  const notice = hidden > 0 ? `\n[${hidden} more bytes are not shown]\n` : "";
  return { path, encoding: "utf8", content: body.toString("utf8") + notice };
}

/** The first bytes of a file, never cutting a UTF-8 character in two. */
function cut(body: Buffer, bytes: number): Buffer {
  if (body.byteLength <= bytes) return body;
  let end = bytes;
  while (end > 0 && ((body[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return body.subarray(0, end);
}

/** The PRD's attachments under their own paths. */
export async function attachmentFiles(db: Queryable, facts: RunFacts): Promise<ContextFile[]> {
  const refs = await readAttachmentRefs(db, facts);
  const bodies = await readBlobs(
    db,
    refs.map((ref) => ref.sha256),
  );
  const tree = new Map(refs.map((ref) => [ref.path, bodies.get(ref.sha256) ?? Buffer.alloc(0)]));
  return contextFiles(tree, "bounded");
}
