import type { Tree } from "@aura/shared/models/tree";
import { AuraError, type ProblemIssue } from "@aura/shared/problems";
import type { RunRequest } from "@aura/shared/schemas/api/run";
import { TreePath } from "@aura/shared/schemas/prd";

/**
 * The attachments as a tree, after every path was found harmless: relative, no `..`, no backslash, no control
 * character, not too long, each once, and none a folder of another.
 *
 * @throws {AuraError} `attachment_name_refused` with one issue a path
 */
export function attachmentTree(attachments: RunRequest["prd"]["attachments"]): Tree {
  const issues = attachments.flatMap(({ path }, at) => issuesOf(path, at, attachments));
  const first = issues[0];
  if (first !== undefined)
    throw new AuraError("attachment_name_refused", `${first.path}: ${first.message}`, { issues });
  return new Map(attachments.map(({ path, content_base64 }) => [path, Buffer.from(content_base64, "base64")]));
}

function issuesOf(path: string, at: number, all: readonly { path: string }[]): ProblemIssue[] {
  const refuse = (code: string, message: string) => [{ path: `prd.attachments.${at}.path`, code, message }];
  if (!path.isWellFormed() || !TreePath.safeParse(path).success) return refuse("not_relative", whyRefused(path));
  if (all.some((other, index) => index < at && other.path.toLowerCase() === path.toLowerCase()))
    return refuse("duplicate", "another attachment has this path");
  if (all.some((other) => other.path.startsWith(`${path}/`)))
    return refuse("folder", "another attachment lies below this path");
  return [];
}

function whyRefused(path: string): string {
  if (path === "") return "empty";
  if (path.length > 240) return "longer than 240 characters";
  if (path.includes("\\")) return "has a backslash";
  if (/\p{Cc}/u.test(path)) return "has a control character";
  if (path.startsWith("/")) return "absolute";
  if (path.split("/").includes("..")) return "has .. in it";
  return "not a plain relative path";
}
