import OpenAI, { APIConnectionError, APIConnectionTimeoutError, APIError } from "openai";
import { ReplyTooLarge } from "./bounded-fetch.ts";
import { ProviderError } from "./port.ts";

const DETAIL_CHARS_MAX = 300;
const NEVER_CONNECTED = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);
const TOO_LONG =
  /maximum context length|context[ _]?(?:length|window|size)[^.]{0,40}(?:exceed|too)|(?:exceeds?|too long for)[^.]{0,60}context|prompt is too long|input is too long/i;
const NO_TOOLS = /does(?: not|n't) support (?:tools|function)|tools?(?: use| calling)? (?:is|are) not supported/i;

/** Says what an error of the SDK means for the caller: its code, whether to try again, whether it can have cost money. */
export function classify(error: unknown): ProviderError {
  if (error instanceof ProviderError) return error;
  if (error instanceof APIConnectionTimeoutError) return lost("no reply within the time limit", error);
  if (error instanceof APIConnectionError) return classifyConnection(error);
  if (error instanceof APIError && error.status !== undefined) return classifyStatus(error);
  if (error instanceof SyntaxError) return lost("the reply is not JSON", error);
  if (error instanceof OpenAI.OpenAIError) return lost(bounded(error.message), error);
  return lost(bounded(String(error)), error);
}

function lost(detail: string, cause: unknown): ProviderError {
  return new ProviderError("provider_failed", detail, { retryable: true, cause });
}

function classifyConnection(error: APIConnectionError): ProviderError {
  const causes = causeChain(error);
  if (causes.some((cause) => cause instanceof ReplyTooLarge))
    return new ProviderError("provider_failed", "the reply is too large", { cause: error });
  const code = causes.map((cause) => (cause as { code?: string }).code).find((each) => typeof each === "string");
  const costNothing = code !== undefined && NEVER_CONNECTED.has(code);
  const detail = costNothing ? `cannot be reached (${code})` : `the connection broke${code ? ` (${code})` : ""}`;
  return new ProviderError("provider_failed", detail, { retryable: true, costNothing, cause: error });
}

function causeChain(error: Error): Error[] {
  const chain: Error[] = [error];
  for (let cause = error.cause; cause instanceof Error && chain.length < 5; cause = cause.cause) chain.push(cause);
  return chain;
}

/** An answered error status is not billed by any provider that we know of. */
function classifyStatus(error: APIError): ProviderError {
  const detail = `answered ${error.status}: ${bounded(messageOf(error))}`;
  const facts = { costNothing: true, cause: error };
  if (error.status === 401 || error.status === 403)
    return new ProviderError("provider_refused_key", `refused the key with status ${error.status}`, facts);
  if (error.code === "context_length_exceeded" || TOO_LONG.test(messageOf(error)))
    return new ProviderError("context_too_long", detail, facts);
  if (NO_TOOLS.test(messageOf(error))) return new ProviderError("tools_unsupported", detail, facts);
  const outOfQuota = error.code === "insufficient_quota";
  const passing = error.status === 408 || error.status === 409 || error.status === 429 || (error.status ?? 0) >= 500;
  return new ProviderError("provider_failed", detail, {
    ...facts,
    retryable: passing && !outOfQuota,
    retryAfterMs: retryAfterMs(error.headers),
  });
}

/** What the server said, without the status that the SDK puts before it. */
export function messageOf(error: APIError): string {
  const body = error.error as { message?: unknown } | undefined;
  return typeof body?.message === "string" ? body.message : error.message;
}

function bounded(text: string): string {
  return text.replace(/\s+/g, " ").slice(0, DETAIL_CHARS_MAX);
}

/** `Retry-After` as milliseconds: seconds or an HTTP date, as RFC 9110 has it; `retry-after-ms` where it is sent. */
export function retryAfterMs(headers: Headers | undefined, nowMs = Date.now()): number | null {
  const exact = headers?.get("retry-after-ms");
  if (exact && Number.isFinite(Number(exact))) return Math.max(0, Number(exact));
  const value = headers?.get("retry-after");
  if (!value) return null;
  if (/^\d+(?:\.\d+)?$/.test(value.trim())) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}
