import { changedPaths, type Tree } from "@aura/shared/models/tree";
import { createTwoFilesPatch } from "diff";

/** Bytes of a file above which a diff only names it: comparing costs time with the square of what changed. */
const DIFF_BYTES_MAX = 512 * 1024;

/** Milliseconds for one file; a comparison that takes longer is replaced by a line that says so. */
const FILE_TIMEOUT_MS = 1000;

/** Unified diff of two trees in git's form, by path; empty when they are the same. */
export function treeDiff(from: Tree, to: Tree): string {
  return changedPaths(from, to)
    .map((path) => fileDiff(path, from.get(path), to.get(path)))
    .join("");
}

function fileDiff(path: string, before: Buffer | undefined, after: Buffer | undefined): string {
  const head = [`diff --git a/${path} b/${path}\n`];
  if (before === undefined) head.push("new file mode 100644\n");
  if (after === undefined) head.push("deleted file mode 100644\n");
  const [old, next] = [textOf(before), textOf(after)];
  if (old === null || next === null) return `${head.join("")}Binary files differ\n`;
  const names = [
    before === undefined ? "/dev/null" : `a/${path}`,
    after === undefined ? "/dev/null" : `b/${path}`,
  ] as const;
  const patch = createTwoFilesPatch(...names, old, next, undefined, undefined, {
    context: 3,
    timeout: FILE_TIMEOUT_MS,
  });
  if (patch === undefined) return `${head.join("")}Files differ too much to be compared\n`;
  return head.join("") + patch.replace(/^=+\n/, "").replace(/^(---|\+\+\+) (.*)\t$/gm, "$1 $2");
}

/** Null for what is not text, or too long to compare. */
function textOf(body: Buffer | undefined): string | null {
  if (body === undefined) return "";
  if (body.byteLength > DIFF_BYTES_MAX || body.includes(0)) return null;
  const text = body.toString("utf8");
  return text.includes("\uFFFD") ? null : text;
}
