import {
  type Content,
  type FunctionDeclaration,
  type GenerateContentRequest,
  GoogleGenerativeAI,
  GoogleGenerativeAIFetchError,
  type Part,
} from "@google/generative-ai";
import { z } from "zod";
import { type Answered, withBoundedFetch } from "./gemini-fetch.ts";
import { geminiSchema } from "./gemini-schema.ts";
import {
  type Completion,
  type CompletionRequest,
  type FinishReason,
  type Message,
  type Provider,
  ProviderError,
  type ToolCall,
  toolNameOf,
} from "./port.ts";
import { classifyConnection, classifyRefusal, lost, retryAfterMs } from "./wire-errors.ts";

export interface GeminiOptions {
  readonly apiKey: string;
  /** Null: Google's own. */
  readonly baseUrl: string | null;
  readonly timeoutMs: number;
}

/** What a call that no Gemini model made shows in place of a signature (ai.google.dev/gemini-api/docs/thought-signatures). */
const NO_SIGNATURE = "skip_thought_signature_validator";

const Reply = z.object({
  candidates: z
    .array(
      z.object({
        finishReason: z.string().nullish(),
        content: z
          .object({
            parts: z
              .array(
                z.object({
                  text: z.string().nullish(),
                  thought: z.boolean().nullish(),
                  thoughtSignature: z.string().nullish(),
                  functionCall: z.object({ name: z.string(), args: z.looseObject({}).nullish() }).nullish(),
                }),
              )
              .nullish(),
          })
          .nullish(),
      }),
    )
    .nullish(),
  promptFeedback: z.object({ blockReason: z.string().nullish() }).nullish(),
  usageMetadata: z
    .object({
      promptTokenCount: z.int().nonnegative().nullish(),
      candidatesTokenCount: z.int().nonnegative().nullish(),
      thoughtsTokenCount: z.int().nonnegative().nullish(),
    })
    .nullish()
    .catch(null),
});
type Reply = z.infer<typeof Reply>;

/** Google's Gemini models, through `generateContent`. */
export function geminiProvider(options: GeminiOptions): Provider {
  const client = new GoogleGenerativeAI(options.apiKey);
  const requestOptions = options.baseUrl === null ? {} : { baseUrl: options.baseUrl };
  return {
    name: "gemini",
    replay: false,
    async complete(request) {
      const timeout = AbortSignal.timeout(options.timeoutMs);
      const signal = AbortSignal.any([request.signal, timeout]);
      const model = client.getGenerativeModel({ model: request.model }, requestOptions);
      const answered: Answered = { headers: null, failure: null };
      try {
        const call = () => model.generateContent(toBody(request), { signal });
        return toCompletion((await withBoundedFetch(call, answered)).response);
      } catch (error) {
        request.signal.throwIfAborted();
        if (timeout.aborted) throw lost("no reply within the time limit", error);
        throw classify(error, answered);
      }
    },
  };
}

function toBody(request: CompletionRequest): GenerateContentRequest {
  const system = request.messages.filter(({ role }) => role === "system").map(({ content }) => content ?? "");
  const declarations = request.tools.map(({ name, description, parameters }) => ({
    name,
    description,
    parameters: geminiSchema(parameters),
  }));
  return {
    contents: toContents(request.messages),
    ...(system.length > 0 ? { systemInstruction: { role: "system", parts: [{ text: system.join("\n\n") }] } } : {}),
    ...(declarations.length > 0
      ? { tools: [{ functionDeclarations: declarations as unknown as FunctionDeclaration[] }] }
      : {}),
    generationConfig: {
      maxOutputTokens: request.max_output_tokens,
      ...(request.response_format === "json_object" ? { responseMimeType: "application/json" } : {}),
    },
  };
}

/** The results of one reply's calls belong into one message. */
function toContents(messages: readonly Message[]): Content[] {
  const contents: Content[] = [];
  for (const [index, message] of messages.entries()) {
    if (message.role === "system") continue;
    const { role, parts } = toContent(message, messages);
    const goesOn = message.role === "tool" && messages[index - 1]?.role === "tool";
    if (goesOn) contents.at(-1)?.parts.push(...parts);
    else contents.push({ role, parts });
  }
  return contents;
}

function toContent(message: Exclude<Message, { role: "system" }>, all: readonly Message[]): Content {
  if (message.role === "tool") {
    const name = toolNameOf(message.tool_call_id, all);
    return { role: "user", parts: [{ functionResponse: { name, response: { result: message.content } } }] };
  }
  if (message.role !== "assistant") return { role: "user", parts: [{ text: message.content ?? "" }] };
  const calls = (message.tool_calls ?? []).map(toCallPart);
  const text = message.content === null ? [] : [{ text: message.content }];
  return { role: "model", parts: [...text, ...calls] };
}

/** The first call of a reply carries the signature; newer models refuse a history without it. */
function toCallPart({ name, arguments: args, provider_state }: ToolCall, index: number): Part {
  const signature = provider_state ?? (index === 0 ? NO_SIGNATURE : undefined);
  const part = { functionCall: { name, args: JSON.parse(args) } };
  return signature === undefined ? part : ({ ...part, thoughtSignature: signature } as Part);
}

function toCompletion(value: unknown): Completion {
  const parsed = Reply.safeParse(value);
  const candidate = parsed.data?.candidates?.[0];
  const blocked = parsed.data?.promptFeedback?.blockReason;
  if (blocked) throw new ProviderError("provider_failed", `the prompt was blocked (${blocked})`);
  if (!parsed.success || candidate === undefined) throw lost("the reply is not a generated content", parsed.error);
  const parts = candidate.content?.parts ?? [];
  const text = parts.map((part) => (part.thought ? "" : (part.text ?? ""))).join("");
  const tool_calls = parts.flatMap(({ functionCall, thoughtSignature }) =>
    functionCall ? [toToolCall(functionCall.name, functionCall.args, thoughtSignature)] : [],
  );
  return {
    content: text || null,
    tool_calls,
    usage: usageOf(parsed.data.usageMetadata),
    finish_reason: finishReason(candidate.finishReason, tool_calls.length > 0),
  };
}

function toToolCall(name: string, args: unknown, signature: string | null | undefined): ToolCall {
  const call = { id: "", name, arguments: JSON.stringify(args ?? {}) };
  return signature ? { ...call, provider_state: signature } : call;
}

/** Thinking is billed as output. */
function usageOf(usage: Reply["usageMetadata"]) {
  if (usage?.promptTokenCount === null || usage?.promptTokenCount === undefined) return null;
  const output_tokens = (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0);
  return { input_tokens: usage.promptTokenCount, output_tokens };
}

function finishReason(word: string | null | undefined, calls: boolean): FinishReason {
  if (word === "MAX_TOKENS") return "length";
  if (word === "SAFETY" || word === "RECITATION" || word === "PROHIBITED_CONTENT") return "content_filter";
  if (calls) return "tool_calls";
  return word === "STOP" ? "stop" : "other";
}

function classify(error: unknown, { headers, failure }: Answered): ProviderError {
  if (error instanceof ProviderError) return error;
  if (error instanceof GoogleGenerativeAIFetchError && error.status !== undefined) {
    const { status, errorDetails } = error;
    const message = error.message.replace(/^.*?\[\d+[^\]]*\]\s*/, "");
    const badKey = status === 400 && /API[ _]key/i.test(message);
    return classifyRefusal({
      status: badKey ? 401 : status,
      message,
      retryAfterMs: retryAfterMs(headers ?? undefined) ?? askedDelayMs(errorDetails),
      cause: error,
    });
  }
  if (failure !== null) return classifyConnection(failure);
  if (error instanceof SyntaxError) return lost("the reply is not JSON", error);
  return lost(error instanceof Error ? error.message : String(error), error);
}

/** `RetryInfo {retryDelay: "7s"}` among the details of a refusal. */
function askedDelayMs(details: readonly object[] | undefined): number | null {
  const delays = (details ?? []).map((detail) =>
    "retryDelay" in detail ? /^([\d.]+)s$/.exec(`${detail.retryDelay}`) : null,
  );
  const found = delays.find((delay) => delay !== null);
  return found?.[1] === undefined ? null : Number(found[1]) * 1000;
}
