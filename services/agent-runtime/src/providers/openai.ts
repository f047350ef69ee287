import OpenAI, { APIUserAbortError } from "openai";
import type {
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionMessageParam,
} from "openai/resources/chat/completions";
import { z } from "zod";
import { boundedFetch } from "./bounded-fetch.ts";
import { type Dialect, firstDialect, learn } from "./openai-dialect.ts";
import { classify } from "./openai-errors.ts";
import {
  type Completion,
  type CompletionRequest,
  type FinishReason,
  type Message,
  type Provider,
  ProviderError,
} from "./port.ts";

export interface OpenAiOptions {
  readonly apiKey: string;
  /** Null: OpenAI's own. */
  readonly baseUrl: string | null;
  readonly timeoutMs: number;
}

const DIALECT_TRIES_MAX = 4;

const Reply = z.object({
  choices: z
    .array(
      z.object({
        finish_reason: z.string().nullish(),
        message: z.object({
          content: z.union([z.string(), z.array(z.object({ text: z.string().optional() }))]).nullish(),
          refusal: z.string().nullish(),
          tool_calls: z
            .array(
              z.object({
                id: z.string().nullish(),
                function: z.object({ name: z.string(), arguments: z.union([z.string(), z.looseObject({})]).nullish() }),
              }),
            )
            .nullish(),
        }),
      }),
    )
    .min(1),
  usage: z
    .object({ prompt_tokens: z.int().nonnegative(), completion_tokens: z.int().nonnegative() })
    .nullish()
    .catch(null),
});

/**
 * Chat completions of any OpenAI-compatible endpoint. One attempt a call; where the endpoint refuses a parameter, the
 * same call is made again without it (nothing was generated, so nothing was spent).
 */
export function openAiProvider(options: OpenAiOptions): Provider {
  const client = new OpenAI({
    apiKey: options.apiKey,
    baseURL: options.baseUrl ?? "https://api.openai.com/v1",
    adminAPIKey: null,
    organization: null,
    project: null,
    maxRetries: 0,
    timeout: options.timeoutMs,
    fetch: boundedFetch as typeof fetch,
    logLevel: "off",
  });
  const dialects = new Map<string, Dialect>();

  async function attempt(request: CompletionRequest, dialect: Dialect, triesLeft: number): Promise<unknown> {
    try {
      return await client.chat.completions.create(toBody(request, dialect), { signal: request.signal });
    } catch (error) {
      request.signal.throwIfAborted();
      const next = triesLeft > 0 ? learn(dialect, error, outputMax(request, dialect)) : null;
      if (next === null) throw error;
      dialects.set(request.model, next);
      return attempt(request, next, triesLeft - 1);
    }
  }

  return {
    name: "openai",
    replay: false,
    async complete(request) {
      const dialect = dialects.get(request.model) ?? firstDialect(options.baseUrl);
      try {
        return toCompletion(await attempt(request, dialect, DIALECT_TRIES_MAX));
      } catch (error) {
        request.signal.throwIfAborted();
        if (error instanceof APIUserAbortError) throw new ProviderError("provider_failed", "the call was given up");
        throw classify(error);
      }
    },
  };
}

function outputMax(request: CompletionRequest, dialect: Dialect): number {
  return Math.min(request.max_output_tokens, dialect.outputTokensMax);
}

function toBody(request: CompletionRequest, dialect: Dialect): ChatCompletionCreateParamsNonStreaming {
  const json = request.response_format === "json_object" && dialect.jsonFormat;
  return {
    model: request.model,
    messages: request.messages.map(toWireMessage),
    [dialect.limitName]: outputMax(request, dialect),
    ...(json ? { response_format: { type: "json_object" as const } } : {}),
    ...(request.tools.length > 0
      ? {
          tools: request.tools.map((tool) => ({ type: "function" as const, function: { ...tool } })),
          tool_choice: "auto" as const,
        }
      : {}),
  };
}

function toWireMessage(message: Message): ChatCompletionMessageParam {
  if (message.role !== "assistant" || message.tool_calls === undefined) return message as ChatCompletionMessageParam;
  const tool_calls = message.tool_calls.map(({ id, name, arguments: args }) => ({
    id,
    type: "function" as const,
    function: { name, arguments: args },
  }));
  return { role: "assistant", content: message.content, tool_calls };
}

function toCompletion(value: unknown): Completion {
  const parsed = Reply.safeParse(value);
  const choice = parsed.data?.choices[0];
  if (!parsed.success || choice === undefined)
    throw new ProviderError("provider_failed", "the reply is not a chat completion", { retryable: true });
  const { content, refusal, tool_calls } = choice.message;
  const text = Array.isArray(content) ? content.map((part) => part.text ?? "").join("") : content;
  const usage = parsed.data.usage ?? null;
  return {
    content: text || refusal || null,
    tool_calls: (tool_calls ?? []).map((call) => ({
      id: call.id ?? "",
      name: call.function.name,
      arguments: argumentsText(call.function.arguments),
    })),
    usage: usage && { input_tokens: usage.prompt_tokens, output_tokens: usage.completion_tokens },
    finish_reason: finishReason(choice.finish_reason),
  };
}

/** The protocol has JSON text here; some servers send the object itself, or nothing for a tool without arguments. */
function argumentsText(value: string | object | null | undefined): string {
  if (typeof value === "string") return value === "" ? "{}" : value;
  return JSON.stringify(value ?? {});
}

function finishReason(word: string | null | undefined): FinishReason {
  if (word === "stop" || word === "tool_calls" || word === "length" || word === "content_filter") return word;
  return word === "function_call" ? "tool_calls" : "other";
}
