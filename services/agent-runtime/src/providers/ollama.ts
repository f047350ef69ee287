import { type ChatResponse, Ollama, type Message as WireMessage } from "ollama/browser";
import { z } from "zod";
import { estimateTokens } from "../agent/limits.ts";
import { boundedFetch } from "./bounded-fetch.ts";
import {
  type Completion,
  type CompletionRequest,
  type FinishReason,
  type Message,
  type Provider,
  ProviderError,
  toolNameOf,
} from "./port.ts";
import { classifyConnection, classifyRefusal, lost, retryAfterMs } from "./wire-errors.ts";

export interface OllamaOptions {
  readonly baseUrl: string;
  readonly timeoutMs: number;
  /** Tokens of the context window that the server opens for a call. Its own default would cut long prompts silently. */
  readonly contextTokens: number;
}

const OUTPUT_TOKENS_MIN = 1_024;
const REACHED_WITHIN_MS = 1_500;

const Reply = z.object({
  message: z.object({
    content: z.string().nullish(),
    tool_calls: z
      .array(
        z.object({ function: z.object({ name: z.string(), arguments: z.union([z.string(), z.looseObject({})]) }) }),
      )
      .nullish(),
  }),
  done_reason: z.string().nullish(),
  prompt_eval_count: z.int().nonnegative().nullish(),
  eval_count: z.int().nonnegative().nullish(),
});

/** Models of an Ollama server, through its own chat protocol. */
export function ollamaProvider(options: OllamaOptions): Provider {
  return {
    name: "ollama",
    replay: false,
    async complete(request) {
      const outputTokens = outputRoom(request, options.contextTokens);
      const timeout = AbortSignal.timeout(options.timeoutMs);
      const signal = AbortSignal.any([request.signal, timeout]);
      const refused: Response[] = [];
      try {
        return toCompletion(
          await clientOf(options, signal, refused).chat(toBody(request, options, outputTokens)),
          request,
        );
      } catch (error) {
        request.signal.throwIfAborted();
        if (timeout.aborted) throw lost("no reply within the time limit", error);
        throw classify(error, refused[0]);
      }
    },
  };
}

/** Whether a server answers there. */
export async function reachesOllama(baseUrl: string): Promise<boolean> {
  const signal = AbortSignal.timeout(REACHED_WITHIN_MS);
  return boundedFetch(new URL("/api/tags", baseUrl), { signal }).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** One client a call: the SDK takes no signal, but a `fetch`. Answers with an error status are kept in `refused`. */
function clientOf({ baseUrl }: OllamaOptions, signal: AbortSignal, refused: Response[]): Ollama {
  const fetchOnce = async (input: string | URL | Request, init?: RequestInit) => {
    const response = await boundedFetch(input, { ...init, signal });
    if (!response.ok) refused.push(response.clone());
    return response;
  };
  return new Ollama({ host: baseUrl, fetch: fetchOnce as typeof fetch });
}

/** @throws {ProviderError} context_too_long when the prompt leaves no room for an answer */
function outputRoom({ messages, tools, max_output_tokens }: CompletionRequest, contextTokens: number): number {
  const prompt = estimateTokens({ messages, tools });
  const left = contextTokens - prompt;
  if (left >= OUTPUT_TOKENS_MIN) return Math.min(max_output_tokens, left);
  const detail = `about ${prompt} tokens of prompt leave no room in a context of ${contextTokens} (OLLAMA_CONTEXT_TOKENS)`;
  throw new ProviderError("context_too_long", detail, { costNothing: true });
}

function toBody(request: CompletionRequest, { contextTokens }: OllamaOptions, outputTokens: number) {
  return {
    model: request.model,
    messages: request.messages.map((message) => toWireMessage(message, request.messages)),
    stream: false as const,
    options: { num_ctx: contextTokens, num_predict: outputTokens },
    ...(request.response_format === "json_object" ? { format: "json" } : {}),
    ...(request.tools.length > 0
      ? { tools: request.tools.map((tool) => ({ type: "function" as const, function: { ...tool } })) }
      : {}),
  };
}

function toWireMessage(message: Message, all: readonly Message[]): WireMessage {
  if (message.role === "tool")
    return { role: "tool", content: message.content, tool_name: toolNameOf(message.tool_call_id, all) };
  if (message.role !== "assistant" || message.tool_calls === undefined)
    return { role: message.role, content: message.content ?? "" };
  const tool_calls = message.tool_calls.map((call) => ({
    function: { name: call.name, arguments: JSON.parse(call.arguments) },
  }));
  return { role: "assistant", content: message.content ?? "", tool_calls };
}

function toCompletion(value: ChatResponse, request: CompletionRequest): Completion {
  const parsed = Reply.safeParse(value);
  if (!parsed.success) throw lost("the reply is not a chat reply", parsed.error);
  const { message, done_reason, prompt_eval_count, eval_count } = parsed.data;
  const tool_calls = (message.tool_calls ?? []).map((call) => ({
    id: "",
    name: call.function.name,
    arguments:
      typeof call.function.arguments === "string" ? call.function.arguments : JSON.stringify(call.function.arguments),
  }));
  return {
    content: message.content || null,
    tool_calls,
    usage: usageOf(prompt_eval_count, eval_count, request),
    finish_reason: finishReason(done_reason, tool_calls.length > 0),
  };
}

/** A prompt that the server still had in its cache is not counted by it; it is estimated then. */
function usageOf(input: number | null | undefined, output: number | null | undefined, request: CompletionRequest) {
  if (output === null || output === undefined) return null;
  const estimated = estimateTokens({ messages: request.messages, tools: request.tools });
  return { input_tokens: input ?? estimated, output_tokens: output };
}

function finishReason(word: string | null | undefined, calls: boolean): FinishReason {
  if (word === "length") return "length";
  if (calls) return "tool_calls";
  return word === "stop" ? "stop" : "other";
}

function classify(error: unknown, refused: Response | undefined): ProviderError {
  if (error instanceof ProviderError) return error;
  if (refused !== undefined) {
    const { status, headers } = refused;
    const message = error instanceof Error ? error.message : String(error);
    const hint = status === 404 ? `${message} (ollama pull gets it)` : message;
    return classifyRefusal({ status, message: hint, retryAfterMs: retryAfterMs(headers), cause: error });
  }
  if (error instanceof SyntaxError) return lost("the reply is not JSON", error);
  return error instanceof Error ? classifyConnection(error) : lost(String(error), error);
}
