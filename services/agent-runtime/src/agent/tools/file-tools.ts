import { z } from "zod";
import { type Decision, mayChange, mayWrite } from "../policy.ts";
import type { Workspace } from "../workspace.ts";
import { defineTool, type Tool, type ToolResult } from "./tool.ts";

const READ_CHARS_MAX = 40_000;
const MATCHES_MAX = 50;

/** Looking around: the product's files and the attachments. */
export function readingTools(workspace: Workspace): Tool[] {
  return [
    defineTool({
      name: "list_files",
      description: "Lists the paths of all files there are, with their sizes in bytes.",
      parameters: z.strictObject({}),
      run: () => ({ text: listing(workspace) }),
    }),
    defineTool({
      name: "read_file",
      description: `Returns the text of one file, at most ${READ_CHARS_MAX} characters from line from_line on (default 1).`,
      parameters: z.strictObject({ path: z.string(), from_line: z.int().positive().optional() }),
      run: ({ path, from_line }) => readFile(workspace, path, from_line ?? 1),
    }),
    defineTool({
      name: "search_files",
      description: "Returns every line that contains the text (exact, case-sensitive) as path:line: text.",
      parameters: z.strictObject({ text: z.string().min(1) }),
      run: ({ text }) => ({ text: search(workspace, text) }),
    }),
  ];
}

/** Changing files inside the scope of the task. `refused` hears of every refusal. */
export function writingTools(
  workspace: Workspace,
  scope: readonly string[],
  refused: (reason: string) => void,
): Tool[] {
  const guarded = (decision: Decision, act: () => ToolResult): ToolResult => {
    if (decision.allowed) return act();
    refused(decision.reason);
    return { text: `refused: ${decision.reason}`, failed: true };
  };
  return [
    defineTool({
      name: "write_file",
      description: "Creates or replaces a file with exactly this content.",
      parameters: z.strictObject({ path: z.string(), content: z.string() }),
      run: ({ path, content }) =>
        guarded(mayWrite(path, content, scope), () => {
          workspace.write(path, content);
          return { text: `written: ${path}` };
        }),
    }),
    defineTool({
      name: "edit_file",
      description: "Replaces old by new in a file. old must occur exactly once, with its white space.",
      parameters: z.strictObject({ path: z.string(), old: z.string().min(1), new: z.string() }),
      run: (args) => guarded(mayChange(args.path, scope), () => edit(workspace, scope, args)),
    }),
    defineTool({
      name: "delete_file",
      description: "Deletes a file.",
      parameters: z.strictObject({ path: z.string() }),
      run: ({ path }) =>
        guarded(mayChange(path, scope), () =>
          workspace.delete(path) ? { text: `deleted: ${path}` } : { text: `there is no ${path}`, failed: true },
        ),
    }),
  ];
}

function listing(workspace: Workspace): string {
  const lines = workspace.paths().map((path) => `${path} (${workspace.size(path)} bytes)`);
  return lines.length === 0 ? "there are no files yet" : lines.join("\n");
}

function readFile(workspace: Workspace, path: string, fromLine: number): ToolResult {
  const text = workspace.read(path);
  if (text === null) return { text: `there is no ${path}`, failed: true };
  const rest =
    fromLine === 1
      ? text
      : text
          .split("\n")
          .slice(fromLine - 1)
          .join("\n");
  if (rest.length <= READ_CHARS_MAX) return { text: rest };
  const shown = rest.slice(0, READ_CHARS_MAX);
  const next = fromLine + shown.split("\n").length - 1;
  return { text: `${shown}\n(cut here; go on with from_line ${next})` };
}

function search(workspace: Workspace, text: string): string {
  const found: string[] = [];
  for (const path of workspace.paths()) {
    for (const [index, line] of (workspace.read(path) ?? "").split("\n").entries()) {
      if (!line.includes(text)) continue;
      if (found.length === MATCHES_MAX) return [...found, `(more than ${MATCHES_MAX} matches)`].join("\n");
      found.push(`${path}:${index + 1}: ${line.slice(0, 300)}`);
    }
  }
  return found.length === 0 ? "no match" : found.join("\n");
}

function edit(
  workspace: Workspace,
  scope: readonly string[],
  args: { path: string; old: string; new: string },
): ToolResult {
  const text = workspace.read(args.path);
  if (text === null) return { text: `there is no ${args.path}; use write_file`, failed: true };
  const occurrences = text.split(args.old).length - 1;
  if (occurrences !== 1)
    return { text: `not changed: old occurs ${occurrences} times in ${args.path}, must be exactly once`, failed: true };
  const at = text.indexOf(args.old);
  const next = text.slice(0, at) + args.new + text.slice(at + args.old.length);
  const decision = mayWrite(args.path, next, scope);
  if (!decision.allowed) return { text: `refused: ${decision.reason}`, failed: true };
  workspace.write(args.path, next);
  return { text: `changed: ${args.path}` };
}
