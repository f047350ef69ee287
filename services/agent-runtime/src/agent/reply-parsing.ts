import type { Completion, Message, ToolCall } from "../providers/port.ts";
import { extractJsonObject, withoutThinking } from "./json-extraction.ts";
import type { Tool } from "./tools/tool.ts";

const ACTIONS_MAX = 60;
const HISTORY_CHARS_MAX = 4_000;

/** One thing a model wants done. `problem` says why its arguments cannot be read. */
export interface Action {
  readonly id: string;
  readonly tool: string;
  readonly arguments: unknown;
  readonly problem: string | null;
  readonly provider_state?: string;
}

export interface ParsedReply {
  /** The reply as it goes into the history. */
  readonly message: Message;
  /** How results go back: as tool messages, or as one user message. */
  readonly style: "tools" | "text";
  readonly actions: readonly Action[];
  /** Told to the model with the results, or alone when there is no action. */
  readonly note: string | null;
}

const CUT =
  "Your reply was cut off at the output limit. Send less at once: one or two files, or part of the product, in each reply.";
const NOTHING_TO_DO =
  "This reply could not be acted on. Answer as described under 'How to answer': act through the tools, and end with the submit tool.";

/** Reads actions out of a reply in whatever form it comes: tool calls, a JSON object, or prose with one in it. */
export function parseReply(completion: Completion, tools: readonly Tool[], turn: number): ParsedReply {
  const cut = completion.finish_reason === "length";
  if (completion.tool_calls.length > 0) return parseToolCalls(completion, cut, turn);
  const text = withoutThinking(completion.content ?? "");
  const value = extractJsonObject(text);
  const actions = value === null ? [] : textActions(value, tools, turn);
  const usable = actions.length > 0;
  const shown = usable ? text : text.slice(0, HISTORY_CHARS_MAX);
  return {
    message: { role: "assistant", content: shown === "" ? "(empty reply)" : shown },
    style: "text",
    actions,
    note: cut ? CUT : usable ? null : NOTHING_TO_DO,
  };
}

/** Ids are given by position, so that a recorded conversation does not depend on a provider's. Nine characters suit all. */
function actionId(turn: number, index: number): string {
  return `call${String(turn).padStart(3, "0")}${String(index + 1).padStart(2, "0")}`;
}

function parseToolCalls(completion: Completion, cut: boolean, turn: number): ParsedReply {
  const all = completion.tool_calls.slice(0, ACTIONS_MAX).map((call, index) => readCall(call, actionId(turn, index)));
  const last = all.at(-1);
  const actions = cut && last?.problem ? all.slice(0, -1) : all;
  const content = completion.content === null ? null : withoutThinking(completion.content) || null;
  if (actions.length === 0)
    return { message: { role: "assistant", content: content ?? "(cut off)" }, style: "text", actions, note: CUT };
  const calls: ToolCall[] = actions.map((action) => ({
    id: action.id,
    name: action.tool,
    arguments: JSON.stringify(action.arguments ?? {}),
    ...stateOf(action),
  }));
  return {
    message: { role: "assistant", content, tool_calls: calls },
    style: "tools",
    actions,
    note: cut ? CUT : null,
  };
}

function readCall(call: ToolCall, id: string): Action {
  const value = extractJsonObject(call.arguments);
  const problem = value === null ? "the arguments are not a JSON object" : null;
  return { id, tool: call.name, arguments: value ?? {}, problem, ...stateOf(call) };
}

/** Left out where there is none, so that it does not show in what is hashed. */
function stateOf({ provider_state }: Pick<ToolCall, "provider_state">): Pick<ToolCall, "provider_state"> {
  return provider_state === undefined ? {} : { provider_state };
}

/** The words that models use for an action's parts. */
type ActionFields = Partial<
  Record<"actions" | "tool" | "name" | "action" | "arguments" | "args" | "parameters" | "input", unknown>
>;

function textActions(value: ActionFields, tools: readonly Tool[], turn: number): Action[] {
  const list = Array.isArray(value.actions) ? value.actions : [value];
  return list.slice(0, ACTIONS_MAX).flatMap((each, index) => {
    const action = readAction(each, tools);
    return action === null ? [] : [{ id: actionId(turn, index), problem: null, ...action }];
  });
}

/** `{"tool": ..., "arguments": ...}` in the spellings that models use, or the bare arguments of the submit tool. */
function readAction(value: unknown, tools: readonly Tool[]): { tool: string; arguments: unknown } | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const fields: ActionFields = { ...value };
  const name = fields.tool ?? fields.name ?? fields.action;
  const args = fields.arguments ?? fields.args ?? fields.parameters ?? fields.input;
  if (typeof name === "string" && (args !== undefined || tools.some((tool) => tool.name === name)))
    return { tool: name, arguments: typeof args === "string" ? extractJsonObject(args) : (args ?? {}) };
  const submit = tools.find((tool) => tool.submits);
  const keys = submit === undefined ? [] : parameterNames(submit);
  return submit !== undefined && keys.some((key) => key !== "self_confidence" && key in fields)
    ? { tool: submit.name, arguments: fields }
    : null;
}

function parameterNames(tool: Tool): string[] {
  const shape = (tool.parameters as { shape?: Record<string, unknown> }).shape;
  return Object.keys(shape ?? {});
}
