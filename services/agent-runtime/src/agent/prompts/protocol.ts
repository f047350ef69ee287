import type { TaskKind } from "@aura/shared/enums/task";
import { OUTPUT_TOKENS_MAX, TURNS_MAX } from "../limits.ts";
import { type Tool, toToolSchema } from "../tools/tool.ts";

export type Mode = "tools" | "json";

/** How an agent answers; the last part of every system prompt. */
export function protocolText(mode: Mode, kind: TaskKind, tools: readonly Tool[]): string {
  return `${mode === "tools" ? toolsProtocol(tools) : jsonProtocol(tools)}\n\n${limitsText(kind)}`;
}

function limitsText(kind: TaskKind): string {
  return `# Limits

This conversation has at most ${TURNS_MAX[kind]} replies, and a reply at most ${OUTPUT_TOKENS_MAX[kind]} tokens, thinking included; what is longer is cut off and lost.`;
}

/** For products that are lists: how to hand them in piecewise, and how to mend them without writing all of it again. */
export const DRAFT_RULES = `What you hand in is kept as a draft. If the whole does not fit into one reply, hand it in as parts with \`more_follows: true\` in all but the last; the parts are joined. After a refusal hand in only what is new or changed with \`amend: true\`: an entry with the same id replaces the earlier one, and \`remove_ids\` drops entries.`;

function submitName(tools: readonly Tool[]): string {
  return tools.find((tool) => tool.submits)?.name ?? "submit";
}

const CONFIDENCE =
  "`self_confidence` is a number from 0 to 1: how likely you think it is that everything you hand in is right. Be honest; it is recorded and compared with the verdict, and decides nothing.";

function toolsProtocol(tools: readonly Tool[]): string {
  return `# How to answer

Act by calling tools. Several calls in one reply are carried out in order, and you then get their results. Text outside tool calls is read by nobody. The task ends when you call \`${submitName(tools)}\` and it is accepted; when it is refused you get the reasons and call it again, mended and complete. ${CONFIDENCE}`;
}

function jsonProtocol(tools: readonly Tool[]): string {
  const list = tools.map((tool) => {
    const schema = toToolSchema(tool);
    return `## ${schema.name}\n${schema.description}\nArguments: ${JSON.stringify(schema.parameters)}`;
  });
  return `# How to answer

Answer every time with exactly one JSON object and nothing else: no prose, no code fence.

{"actions": [{"tool": "<name>", "arguments": {...}}, ...]}

Actions are carried out in order, and you then get their results. Text inside JSON strings needs JSON escapes (\\n for a line break, \\" for a quote, \\\\ for a backslash). The task ends when \`${submitName(tools)}\` is accepted; when it is refused you get the reasons and send it again, mended and complete. ${CONFIDENCE}

# Tools

${list.join("\n\n")}`;
}
