import { ReplyTooLarge } from "./bounded-fetch.ts";
import { ProviderError } from "./port.ts";

const DETAIL_CHARS_MAX = 300;
const NEVER_CONNECTED = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);
const TOO_LONG =
  /maximum context length|context[ _]?(?:length|window|size)[^.]{0,40}(?:exceed|too)|(?:exceeds?|too long for)[^.]{0,60}context|prompt is too long|input is too long|input token count[^.]{0,40}exceeds/i;
const NO_TOOLS =
  /does(?: not|n't) support (?:tools|function)|tools?(?: use| calling)? (?:is|are) not supported|function calling is not (?:enabled|supported)/i;

/** What a provider answered with an error status. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
  /** The provider's own word for it, where it has one. */
  readonly code?: string | null | undefined;
  readonly retryAfterMs: number | null;
  readonly cause: unknown;
}

/** A reply that did not come, or cannot be read: it may have been generated and so may have cost something. */
export function lost(detail: string, cause: unknown): ProviderError {
  return new ProviderError("provider_failed", bounded(detail), { retryable: true, cause });
}

/** A connection that was never made cost nothing; one that broke may have. */
export function classifyConnection(error: Error): ProviderError {
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
export function classifyRefusal({ status, message, code, retryAfterMs, cause }: Refusal): ProviderError {
  const detail = `answered ${status}: ${bounded(message)}`;
  const facts = { costNothing: true, cause };
  if (status === 401 || status === 403)
    return new ProviderError("provider_refused_key", `refused the key with status ${status}`, facts);
  if (code === "context_length_exceeded" || TOO_LONG.test(message))
    return new ProviderError("context_too_long", detail, facts);
  if (NO_TOOLS.test(message)) return new ProviderError("tools_unsupported", detail, facts);
  const passing = status === 408 || status === 409 || status === 429 || status >= 500;
  return new ProviderError("provider_failed", detail, {
    ...facts,
    retryable: passing && code !== "insufficient_quota",
    retryAfterMs,
  });
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
