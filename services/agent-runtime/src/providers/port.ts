import type { TaskKind } from "@aura/shared/enums/task";

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON text as the model wrote it; may be malformed. */
  readonly arguments: string;
  /** What the provider wants back unchanged with the history; means nothing to anybody else. */
  readonly provider_state?: string;
}

/** The name of the tool that a result answers to. */
export function toolNameOf(id: string, messages: readonly Message[]): string {
  const calls = messages.flatMap((message) => (message.role === "assistant" ? (message.tool_calls ?? []) : []));
  return calls.find((call) => call.id === id)?.name ?? id;
}

export type Message =
  | { readonly role: "system" | "user"; readonly content: string }
  | { readonly role: "assistant"; readonly content: string | null; readonly tool_calls?: readonly ToolCall[] }
  | { readonly role: "tool"; readonly tool_call_id: string; readonly content: string };

export interface ToolSchema {
  readonly name: string;
  readonly description: string;
  /** JSON schema of the arguments. */
  readonly parameters: Record<string, unknown>;
}

/** Where in the work a call belongs. Recordings are found by kind and template, read by people by the rest. */
interface CallOrigin {
  readonly kind: TaskKind;
  readonly template: string;
  readonly task_key: string;
  readonly turn: number;
}

export interface CompletionRequest {
  readonly model: string;
  readonly messages: readonly Message[];
  /** Empty: the model is not offered tools. */
  readonly tools: readonly ToolSchema[];
  readonly response_format: "text" | "json_object";
  readonly max_output_tokens: number;
  readonly origin: CallOrigin;
  readonly signal: AbortSignal;
}

interface Usage {
  readonly input_tokens: number;
  readonly output_tokens: number;
}

export type FinishReason = "stop" | "tool_calls" | "length" | "content_filter" | "other";

export interface Completion {
  readonly content: string | null;
  readonly tool_calls: readonly ToolCall[];
  /** Null when the provider did not say. */
  readonly usage: Usage | null;
  readonly finish_reason: FinishReason;
}

/**
 * A source of model replies. `complete` makes one attempt on the wire and throws ProviderError; who calls decides on
 * tries and money, because every attempt is paid for by itself.
 */
export interface Provider {
  readonly name: string;
  /** True when replies come from a recording; shown wherever a reply is shown. */
  readonly replay: boolean;
  complete(request: CompletionRequest): Promise<Completion>;
}

export type ProviderErrorCode =
  | "provider_failed"
  | "provider_refused_key"
  | "context_too_long"
  | "tools_unsupported"
  | "not_recorded";

/** Why a provider gave no reply. `detail` is safe to show: no key, no prompt, bounded. */
export class ProviderError extends Error {
  readonly code: ProviderErrorCode;
  readonly detail: string;
  readonly retryable: boolean;
  /** What the provider asked to wait, in milliseconds. */
  readonly retryAfterMs: number | null;
  /** True when it is certain that the attempt cost nothing. */
  readonly costNothing: boolean;

  constructor(
    code: ProviderErrorCode,
    detail: string,
    facts: { retryable?: boolean; retryAfterMs?: number | null; costNothing?: boolean; cause?: unknown } = {},
  ) {
    super(`${code}: ${detail}`, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = "ProviderError";
    this.code = code;
    this.detail = detail;
    this.retryable = facts.retryable ?? false;
    this.retryAfterMs = facts.retryAfterMs ?? null;
    this.costNothing = facts.costNothing ?? false;
  }
}
