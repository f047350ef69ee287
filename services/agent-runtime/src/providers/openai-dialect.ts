import { APIError } from "openai";
import { messageOf } from "./openai-errors.ts";

const OUTPUT_TOKENS_MIN = 256;

/**
 * What one endpoint and model accept. Compatible servers differ in three points that decide whether a call works at
 * all; each is learnt from the refusal and kept for the life of the process.
 */
export interface Dialect {
  readonly limitName: "max_tokens" | "max_completion_tokens";
  readonly jsonFormat: boolean;
  readonly outputTokensMax: number;
}

/**
 * Reasoning models of OpenAI refuse `max_tokens`; many older compatible servers silently ignore
 * `max_completion_tokens`, which would leave the output without a bound.
 */
export function firstDialect(baseUrl: string | null): Dialect {
  const own = baseUrl === null || new URL(baseUrl).hostname.endsWith("openai.com");
  return {
    limitName: own ? "max_completion_tokens" : "max_tokens",
    jsonFormat: true,
    outputTokensMax: Number.POSITIVE_INFINITY,
  };
}

/** The dialect to try after a refusal; null when the refusal is about something else. */
export function learn(dialect: Dialect, error: unknown, asked: number): Dialect | null {
  if (!(error instanceof APIError) || (error.status !== 400 && error.status !== 422)) return null;
  const message = `${error.param ?? ""} ${messageOf(error)}`;
  if (dialect.jsonFormat && /response_format|json_object/.test(message)) return { ...dialect, jsonFormat: false };
  if (/unsupported|unrecognized|not supported|unknown|extra/i.test(message) && message.includes(dialect.limitName)) {
    const limitName = dialect.limitName === "max_tokens" ? "max_completion_tokens" : "max_tokens";
    return { ...dialect, limitName };
  }
  const smaller = smallerLimit(message, asked);
  if (smaller !== null) return { ...dialect, outputTokensMax: smaller };
  return null;
}

/** The output bound that a refusal names, or what the context leaves beside the messages. */
function smallerLimit(message: string, asked: number): number | null {
  const context =
    /maximum context length is (\d+)[\s\S]*?(\d+) (?:tokens )?(?:in|from) (?:the |your )?(?:messages|prompt|input)/i.exec(
      message,
    );
  if (context) {
    const left = Number(context[1]) - Number(context[2]) - 64;
    return left >= OUTPUT_TOKENS_MIN * 4 && left < asked ? left : null;
  }
  if (!/max_(?:completion_)?tokens|(?:output|completion) tokens/i.test(message)) return null;
  const numbers = [...message.matchAll(/\b\d{3,7}\b/g)].map(([digits]) => Number(digits));
  const fitting = numbers.filter((each) => each >= OUTPUT_TOKENS_MIN && each < asked);
  return fitting.length === 0 ? null : Math.max(...fitting);
}
