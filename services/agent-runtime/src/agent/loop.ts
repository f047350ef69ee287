import { type Completion, type Message, ProviderError, type ToolSchema } from "../providers/port.ts";
import type { Conversation } from "./conversation.ts";
import type { Ending } from "./ending.ts";
import { parseLeniently } from "./lenient-parse.ts";
import { REPAIR_TURNS_MAX, TURNS_MAX } from "./limits.ts";
import { type Mode, protocolText } from "./prompts/protocol.ts";
import { type Action, type ParsedReply, parseReply } from "./reply-parsing.ts";
import { type Tool, type ToolResult, toToolSchema } from "./tools/tool.ts";

const RESULT_CHARS_MAX = 60_000;
const LAST_TURNS = 3;
const SHORTENED_CHARS = 600;

/** One question to the model; `messages` is the whole conversation so far. */
export interface Question {
  readonly messages: readonly Message[];
  readonly tools: readonly ToolSchema[];
  readonly response_format: "text" | "json_object";
  readonly turn: number;
}

export interface LoopDeps {
  readonly mode: Mode;
  /** Pays for and makes one call. Throws ProviderError, AttemptEnded, or the signal's reason. */
  readonly ask: (question: Question) => Promise<Completion>;
  /** Hears every message in order, for the transcript. */
  readonly heard: (message: Message) => void;
  readonly signal: AbortSignal;
}

/**
 * Talks with a model until it hands in a product, gives up, asks a person, or has used up its replies. A reply is read
 * for actions, they are carried out in order, and their results are the next message. Replies that lead nowhere are
 * answered with what is wrong; after REPAIR_TURNS_MAX of them in a row the attempt is given up.
 */
export async function converse(conversation: Conversation, deps: LoopDeps): Promise<Ending> {
  const history = openHistory(conversation, deps);
  const turnsMax = TURNS_MAX[conversation.kind];
  let fruitless = 0;
  for (let turn = 1; turn <= turnsMax; turn += 1) {
    const completion = await askShortening(history, conversation, deps, turn);
    if (completion === null)
      return { outcome: "gave_up", code: "context_too_long", detail: "the task does not fit into the model's context" };
    const reply = parseReply(completion, conversation.tools, turn);
    const step = await carryOut(reply, conversation.tools, deps.signal);
    if (step.ending !== null) {
      remember(history, deps, [reply.message]);
      return step.ending;
    }
    fruitless = step.progress ? 0 : fruitless + 1;
    if (fruitless > REPAIR_TURNS_MAX) return noUsableReply(conversation, step.results);
    const hint = turnsMax - turn <= LAST_TURNS ? `(${turnsMax - turn} replies left)` : null;
    remember(history, deps, [reply.message, ...resultMessages(reply, step.results, hint)]);
  }
  return conversation.whenOutOfTurns();
}

function openHistory(conversation: Conversation, deps: LoopDeps): Message[] {
  const history: Message[] = [];
  const system = `${conversation.system}\n\n${protocolText(deps.mode, conversation.kind, conversation.tools)}`;
  remember(history, deps, [
    { role: "system", content: system },
    { role: "user", content: conversation.user },
  ]);
  return history;
}

function remember(history: Message[], deps: LoopDeps, messages: readonly Message[]): void {
  for (const message of messages) {
    history.push(message);
    deps.heard(message);
  }
}

/** Given up, unless the work so far stands by itself: a developer who wrote everything and then only talks. */
function noUsableReply(conversation: Conversation, results: readonly string[]): Ending {
  const soFar = conversation.whenOutOfTurns();
  if (soFar.outcome === "submitted") return soFar;
  const last = results.at(-1)?.slice(0, 500) ?? "no action at all";
  return {
    outcome: "gave_up",
    code: "no_usable_reply",
    detail: `${REPAIR_TURNS_MAX + 1} replies in a row could not be used; the last answer to one was: ${last}`,
  };
}

/** Asks; when the history has become too long, once more with old results shortened. Null: too long all the same. */
async function askShortening(
  history: Message[],
  conversation: Conversation,
  deps: LoopDeps,
  turn: number,
): Promise<Completion | null> {
  const tools = deps.mode === "tools" ? conversation.tools.map(toToolSchema) : [];
  const response_format = deps.mode === "json" ? "json_object" : "text";
  const question = () => deps.ask({ messages: [...history], tools, response_format, turn });
  try {
    return await question();
  } catch (error) {
    if (!isTooLong(error)) throw error;
  }
  if (!shorten(history)) return null;
  return question().catch((error: unknown) => {
    if (isTooLong(error)) return null;
    throw error;
  });
}

function isTooLong(error: unknown): boolean {
  return error instanceof ProviderError && error.code === "context_too_long";
}

/** Cuts old results; the prompt and the newest exchange stay whole. @returns whether anything became shorter */
function shorten(history: Message[]): boolean {
  let changed = false;
  for (let at = 2; at < history.length - 2; at += 1) {
    const message = history[at];
    if (message === undefined || message.role === "assistant" || message.content.length <= SHORTENED_CHARS * 2)
      continue;
    const content = `${message.content.slice(0, SHORTENED_CHARS)}\n(shortened; ask again if you need it)`;
    history[at] = { ...message, content };
    changed = true;
  }
  return changed;
}

interface Step {
  readonly ending: Ending | null;
  /** One text for each action, in order. */
  readonly results: readonly string[];
  readonly progress: boolean;
}

async function carryOut(reply: ParsedReply, tools: readonly Tool[], signal: AbortSignal): Promise<Step> {
  const results: string[] = [];
  let progress = false;
  let failed = false;
  for (const action of reply.actions) {
    signal.throwIfAborted();
    const tool = tools.find((each) => each.name === action.tool);
    const held = failed && tool?.submits === true;
    const result = held
      ? { text: "not handed in: something before it in this reply failed. Mend that first.", failed: true }
      : await carryOutOne(action, tool, tools, signal);
    if ("ending" in result) return { ending: result.ending, results, progress: true };
    results.push(result.text);
    if (result.failed === true) failed = true;
    else progress = true;
  }
  return { ending: null, results, progress };
}

async function carryOutOne(
  action: Action,
  tool: Tool | undefined,
  tools: readonly Tool[],
  signal: AbortSignal,
): Promise<ToolResult> {
  if (tool === undefined)
    return {
      text: `there is no tool ${action.tool}; there are: ${tools.map((each) => each.name).join(", ")}`,
      failed: true,
    };
  if (action.problem !== null) return { text: action.problem, failed: true };
  const args = parseLeniently(tool.parameters, action.arguments);
  if (!args.ok) return { text: `the arguments of ${tool.name} are wrong:\n${args.problem}`, failed: true };
  return tool.run(args.value, signal);
}

function resultMessages(reply: ParsedReply, results: readonly string[], hint: string | null): Message[] {
  const notes = [reply.note, hint].filter((each) => each !== null);
  if (reply.style === "tools") {
    return reply.actions.map((action, index) => {
      const extra = index === reply.actions.length - 1 ? notes : [];
      return { role: "tool", tool_call_id: action.id, content: bounded([results[index] ?? "", ...extra].join("\n")) };
    });
  }
  const lines = reply.actions.map((action, index) => `Result of ${action.tool}:\n${bounded(results[index] ?? "")}`);
  return [{ role: "user", content: [...lines, ...notes].join("\n\n") }];
}

function bounded(text: string): string {
  return text.length <= RESULT_CHARS_MAX ? text : `${text.slice(0, RESULT_CHARS_MAX)}\n(cut here)`;
}
