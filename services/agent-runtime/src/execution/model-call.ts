import type { TaskKind } from "@aura/shared/enums/task";
import { canonicalJson } from "@aura/shared/models/canonical-json";
import { AttemptEnded } from "../agent/ending.ts";
import { estimateTokens, OUTPUT_TOKENS_MAX } from "../agent/limits.ts";
import type { Question } from "../agent/loop.ts";
import type { ProviderHost } from "../providers/open-providers.ts";
import { type Completion, type CompletionRequest, ProviderError } from "../providers/port.ts";
import type { Recorder } from "../providers/recording.ts";
import { COSTLY_TRIES_MAX, pause, retryDelayMs, TRIES_MAX } from "../providers/retry.ts";
import type { Answer, Desk } from "./desk.ts";
import { ClaimLost } from "./lease.ts";
import type { Transcript } from "./transcript.ts";

/** A provider and the model of it that is asked. */
export interface Link extends ProviderHost {
  readonly model: string;
}

export interface CallerDeps {
  readonly desk: Desk;
  /** In the order in which they are asked; never empty. */
  readonly links: readonly Link[];
  readonly kind: TaskKind;
  readonly task_key: string;
  readonly recorder: Recorder | null;
  readonly transcript: Transcript;
  readonly note: (message: string, severity?: "info" | "warning") => void;
  readonly signal: AbortSignal;
}

/**
 * Makes one call of a conversation: reserves its worst case, asks, settles what it cost, keeps what was said. Each try
 * on the wire has a reservation of its own; one that may have cost something stays reserved and is charged in full.
 *
 * @throws {ProviderError} context_too_long and tools_unsupported, which the caller can do something about
 * @throws {AttemptEnded} for everything that ends the attempt: no money, no price, provider down, nothing recorded
 */
export function modelCaller(deps: CallerDeps, template: string): (question: Question) => Promise<Completion> {
  return async (question) => {
    const failures: string[] = [];
    for (const link of deps.links) {
      const outcome = await askLink({ ...deps, link }, toRequest(deps, link, template, question));
      if (!(outcome instanceof GivenUp)) return outcome;
      failures.push(`${link.provider.name}: ${outcome.detail}`);
      deps.note(`${link.provider.name}/${link.model} is given up: ${outcome.detail}`, "warning");
    }
    throw new AttemptEnded({ outcome: "held_up", code: "provider_failed", detail: failures.join("; ") });
  };
}

/** A provider that stays down; the next one may be asked. */
class GivenUp {
  readonly detail: string;
  constructor(detail: string) {
    this.detail = detail;
  }
}

type LinkDeps = CallerDeps & { readonly link: Link };

async function askLink(deps: LinkDeps, request: CompletionRequest): Promise<Completion | GivenUp> {
  for (let tried = 1; ; tried += 1) {
    const error = await admitted(deps, request).catch(asProviderError);
    if (!(error instanceof ProviderError)) return error;
    const triesMax = error.costNothing ? TRIES_MAX : COSTLY_TRIES_MAX;
    if (!error.retryable || tried >= triesMax) return finalError(error, tried);
    deps.note(`${deps.link.provider.name}: ${error.detail}; trying again`, "warning");
    await pause(retryDelayMs(tried, error.retryAfterMs, Math.random()), deps.signal);
  }
}

/** Waits for a place before anything is reserved: money that waits in a queue would stop others. */
async function admitted(deps: LinkDeps, request: CompletionRequest): Promise<Completion> {
  return deps.link.slots.run(async () => {
    const waitMs = deps.link.breaker.admit();
    if (waitMs > 0) throw resting(waitMs, deps.link.breaker.lastFailure);
    return tryOnce(deps, request);
  }, deps.signal);
}

function resting(waitMs: number, why: string): ProviderError {
  const facts = { retryable: true, retryAfterMs: waitMs, costNothing: true };
  return new ProviderError("provider_failed", `${why}; it failed several times in a row and is left alone`, facts);
}

function asProviderError(error: unknown): ProviderError {
  if (error instanceof ProviderError) return error;
  throw error;
}

/** @throws what the caller of the conversation can do something about, and a prompt that was not recorded */
function finalError(error: ProviderError, tried: number): GivenUp {
  if (error.code === "context_too_long" || error.code === "tools_unsupported") throw error;
  const tries = tried > 1 ? `${tried} tries, the last one: ` : "";
  const detail = `${tries}${error.detail}`;
  if (error.code === "not_recorded") throw new AttemptEnded({ outcome: "held_up", code: "not_recorded", detail });
  return new GivenUp(detail);
}

function toRequest(deps: CallerDeps, link: Link, template: string, question: Question): CompletionRequest {
  const { turn, ...rest } = question;
  return {
    ...rest,
    model: link.model,
    max_output_tokens: OUTPUT_TOKENS_MAX[deps.kind],
    origin: { kind: deps.kind, template, task_key: deps.task_key, turn },
    signal: deps.signal,
  };
}

async function tryOnce(deps: LinkDeps, request: CompletionRequest): Promise<Completion> {
  const from = performance.now();
  const callId = await reserve(deps, request).catch((error: unknown) => {
    deps.link.breaker.released();
    throw error;
  });
  try {
    const completion = await deps.link.provider.complete(request);
    deps.link.breaker.succeeded();
    await settleReply(deps, request, callId, completion, from);
    return completion;
  } catch (error) {
    if (error instanceof ProviderError) await settleFailure(deps, callId, error, from);
    else deps.link.breaker.released();
    throw error;
  }
}

async function reserve(deps: LinkDeps, request: CompletionRequest): Promise<string> {
  const { messages, tools, max_output_tokens } = request;
  const answer = await deps.desk.reserveCall({
    provider: deps.link.provider.name,
    model: deps.link.model,
    input_tokens_max: estimateTokens({ messages, tools }),
    output_tokens_max: max_output_tokens,
    request_sha256: await deps.transcript.storeRequest(deps.desk, request),
  });
  if (answer.done && answer.id !== null) return answer.id;
  throw refusedCall(answer, deps);
}

function refusedCall(answer: Answer, deps: LinkDeps): Error {
  const refused = answer.done ? { code: "provider_failed", detail: "no reservation was made" } : answer;
  if (refused.code === "budget_exhausted" || refused.code === "unknown_price")
    return new AttemptEnded({ outcome: "held_up", code: refused.code, detail: refused.detail || refused.code });
  if (refused.code === "provider_not_allowed") {
    const detail = `the run does not allow ${deps.link.provider.name}/${deps.link.model}`;
    return new AttemptEnded({ outcome: "held_up", code: "provider_failed", detail });
  }
  if (refused.code === "limit_reached") {
    const detail = "the attempt used up its model calls";
    return new AttemptEnded({ outcome: "gave_up", code: "limit_reached", detail });
  }
  return new ClaimLost(refused.code);
}

async function settleReply(
  deps: LinkDeps,
  request: CompletionRequest,
  callId: string,
  completion: Completion,
  from: number,
): Promise<void> {
  const { content, tool_calls, finish_reason } = completion;
  const body = Buffer.from(canonicalJson({ content, tool_calls, finish_reason }), "utf8");
  const usage = completion.usage ?? {
    input_tokens: estimateTokens({ messages: request.messages, tools: request.tools }),
    output_tokens: estimateTokens({ content, tool_calls }),
  };
  const [reply_sha256 = null] = await deps.desk.putBlobs([{ body, media_type: "application/json" }]);
  const settled = { call_id: callId, ...usage, outcome: "ok", reply_sha256, duration_ms: since(from) };
  tellRefusal(deps, await deps.desk.settleCall(settled));
  deps.transcript.answered({ turn: request.origin.turn, call_id: callId, ...usage });
  await deps.recorder?.(request, { ...completion, usage });
  deps.note(spentText(deps, usage));
}

/** A count that the database takes for impossible leaves the reservation, which is then charged in full. */
function tellRefusal(deps: LinkDeps, answer: Answer): void {
  if (!answer.done) deps.note(`the call stays charged as reserved: ${answer.code} ${answer.detail}`.trim(), "warning");
}

function spentText(deps: LinkDeps, usage: { input_tokens: number; output_tokens: number }): string {
  const [input, output] = [usage.input_tokens, usage.output_tokens].map((each) => each.toLocaleString("en-US"));
  const asked = deps.link.provider.replay ? "REPLAY: took a recorded reply for" : "asked";
  return `${asked} ${deps.link.provider.name}/${deps.link.model}, ${input} tokens in, ${output} out`;
}

/** A failure that certainly cost nothing is settled with 0; any other stays reserved and is charged in full. */
async function settleFailure(deps: LinkDeps, callId: string, error: ProviderError, from: number): Promise<void> {
  if (error.code === "provider_failed") deps.link.breaker.failed(error.detail);
  else deps.link.breaker.released();
  if (!error.costNothing) return;
  const nothing = { input_tokens: 0, output_tokens: 0, outcome: error.code, reply_sha256: null };
  tellRefusal(deps, await deps.desk.settleCall({ call_id: callId, ...nothing, duration_ms: since(from) }));
}

function since(from: number): number {
  return Math.round(performance.now() - from);
}
