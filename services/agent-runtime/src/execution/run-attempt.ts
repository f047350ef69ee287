import type { Log } from "@aura/shared/log";
import { canonicalJson } from "@aura/shared/models/canonical-json";
import { findToolchain } from "@aura/shared/models/toolchains";
import { TaskContext } from "@aura/shared/schemas/task-context";
import type { Conversation, Workshop } from "../agent/conversation.ts";
import { AttemptEnded, type Ending } from "../agent/ending.ts";
import { workOn } from "../agent/kinds/work-on.ts";
import { converse } from "../agent/loop.ts";
import type { Mode } from "../agent/prompts/protocol.ts";
import type { ProviderHost } from "../providers/open-providers.ts";
import { ProviderError } from "../providers/port.ts";
import type { Recorder } from "../providers/recording.ts";
import type { Answer, Desk } from "./desk.ts";
import { ClaimLost } from "./lease.ts";
import { type CallerDeps, modelCaller } from "./model-call.ts";
import { DETAIL_CHARS_MAX, Notes } from "./notes.ts";
import { sandboxChecks } from "./sandbox-checks.ts";
import { Transcript } from "./transcript.ts";

export interface NamedModel {
  readonly provider: string;
  readonly model: string;
}

/** One accepted task, as `accept_tasks` handed it out. */
export interface AcceptedTask {
  readonly task_id: string;
  readonly run_id: string;
  readonly kind: string;
  readonly key: string;
  readonly agent_slug: string;
  readonly mode: Mode;
  /** Where its calls may go, in order: a later one is asked where an earlier one stays down. Never empty. */
  readonly models: readonly NamedModel[];
  readonly attempt: number;
  readonly claim_id: string;
  /** JSON TaskContext. */
  readonly context: Buffer;
}

export interface AttemptDeps {
  readonly desk: Desk;
  readonly providers: ReadonlyMap<string, ProviderHost>;
  readonly recorder: Recorder | null;
  readonly log: Log;
}

/**
 * One attempt from its claim to its end: read the context, do the work, hand in or end. When the claim is lost on the
 * way nothing more is written; the lease runs out and the Manager gives the task to somebody else.
 */
export async function runAttempt(task: AcceptedTask, deps: AttemptDeps, signal: AbortSignal): Promise<void> {
  const { models, mode, agent_slug: agent } = task;
  const replay = models.some(({ provider }) => deps.providers.get(provider)?.provider.replay);
  const transcript = new Transcript({ models, mode, agent, replay });
  const notes = new Notes(deps.desk, deps.log);
  try {
    const ending = await work(task, deps, transcript, notes, signal);
    await notes.written();
    signal.throwIfAborted();
    await finish(deps.desk, ending, transcript, deps.log);
  } catch (error) {
    if (!(error instanceof ClaimLost) && !signal.aborted) throw error;
    deps.log.warn({ reason: String(signal.reason ?? error) }, "let go");
  }
}

/** Does the work; where a model turns out to take no tools, once more in JSON mode. */
async function work(
  task: AcceptedTask,
  deps: AttemptDeps,
  transcript: Transcript,
  notes: Notes,
  signal: AbortSignal,
): Promise<Ending> {
  const links = task.models.flatMap(({ provider, model }) => {
    const host = deps.providers.get(provider);
    return host === undefined ? [] : [{ ...host, model }];
  });
  const names = task.models.map(({ provider, model }) => `${provider}/${model}`).join(", then ");
  if (links.length === 0) return heldUp(`this runtime has no provider for ${names}`);
  if (links.some(({ model, provider }) => model === "" && !provider.replay))
    return heldUp("the run names no model: set AURA_MODEL or the run's");
  const context = TaskContext.parse(JSON.parse(task.context.toString("utf8")));
  const { key: task_key } = task;
  const caller = { ...deps, links, kind: context.kind, task_key, transcript, note: notes.take, signal };
  notes.take(`began ${context.kind} ${task_key}, attempt ${task.attempt}, with ${names}`);
  const first = await inMode(task.mode, context, caller);
  if (first !== TOOLS_UNSUPPORTED) return first;
  notes.take("the model takes no tools; going on in JSON mode", "warning");
  const second = await inMode("json", context, caller);
  return second === TOOLS_UNSUPPORTED ? heldUp("the model takes no tools") : second;
}

const TOOLS_UNSUPPORTED = Symbol("tools unsupported");

async function inMode(
  mode: Mode,
  context: TaskContext,
  caller: CallerDeps,
): Promise<Ending | typeof TOOLS_UNSUPPORTED> {
  const { note, signal } = caller;
  const converseHere: Workshop["converse"] = (conversation) => talk(conversation, mode, caller);
  try {
    return await workOn(context, {
      converse: converseHere,
      runCheck: sandboxChecks(caller.desk),
      findToolchain,
      note,
      signal,
    });
  } catch (error) {
    if (error instanceof AttemptEnded) return error.ending;
    if (!(error instanceof ProviderError)) throw error;
    return error.code === "tools_unsupported" ? TOOLS_UNSUPPORTED : heldUp(error.detail);
  }
}

function heldUp(detail: string): Ending {
  return { outcome: "held_up", code: "provider_failed", detail };
}

function talk(conversation: Conversation, mode: Mode, caller: CallerDeps): Promise<Ending> {
  const names = conversation.tools.map((tool) => tool.name);
  caller.transcript.begin(conversation.template, names);
  return converse(conversation, {
    mode,
    ask: modelCaller(caller, conversation.template),
    heard: (message) => caller.transcript.heard(message),
    signal: caller.signal,
  });
}

async function finish(desk: Desk, ending: Ending, transcript: Transcript, log: Log): Promise<void> {
  const said = { body: transcript.body(), media_type: "application/json" };
  if (ending.outcome === "submitted") {
    const product = { body: Buffer.from(canonicalJson(ending.product), "utf8"), media_type: "application/json" };
    const [productSha256, transcriptSha256] = await desk.putBlobs([product, said]);
    if (productSha256 === undefined || transcriptSha256 === undefined) throw new Error("put_blobs gave no hash");
    report(await desk.submit(productSha256, transcriptSha256, ending.self_confidence), log);
    return;
  }
  const [transcriptSha256] = await desk.putBlobs([said]);
  if (transcriptSha256 === undefined) throw new Error("put_blobs gave no hash");
  const detail = ending.detail.slice(0, DETAIL_CHARS_MAX);
  report(await desk.end(ending.outcome, ending.code, detail, transcriptSha256), log);
}

function report(answer: Answer, log: Log): void {
  if (!answer.done) log.warn({ code: answer.code, detail: answer.detail }, "the end of the attempt was refused");
}
