import type { Log } from "@aura/shared/log";
import { sha256Hex } from "@aura/shared/models/canonical-json";
import type { TaskContext } from "@aura/shared/schemas/task-context";
import { Semaphore } from "@aura/shared/semaphore";
import type { Desk } from "../src/execution/desk.ts";
import { runAttempt } from "../src/execution/run-attempt.ts";
import { CircuitBreaker } from "../src/providers/circuit-breaker.ts";
import type { Completion, CompletionRequest, Provider } from "../src/providers/port.ts";
import type { Recorder } from "../src/providers/recording.ts";

/** A reply as a test writes it: tool calls, or text. */
export type Script = readonly ({ calls: readonly { name: string; arguments: unknown }[] } | { text: string } | Error)[];

/** What each scripted reply took: more than any prompt of these tests is long, so that it counts as it is. */
export const USAGE = { input_tokens: 6000, output_tokens: 200 };

function reply(step: Script[number]): Completion {
  if (step instanceof Error) throw step;
  if ("text" in step) return { content: step.text, tool_calls: [], usage: USAGE, finish_reason: "stop" };
  const tool_calls = step.calls.map((call, index) => ({
    id: `provider-${index}`,
    name: call.name,
    arguments: typeof call.arguments === "string" ? call.arguments : JSON.stringify(call.arguments),
  }));
  return { content: null, tool_calls, usage: USAGE, finish_reason: "tool_calls" };
}

/** A provider that says what the script says, and keeps what it was asked; its last line is repeated for ever. */
export function scriptedProvider(script: Script): Provider & { readonly requests: CompletionRequest[] } {
  const requests: CompletionRequest[] = [];
  return {
    name: "scripted",
    replay: false,
    requests,
    async complete(request) {
      request.signal.throwIfAborted();
      requests.push(request);
      const step = script[Math.min(requests.length, script.length) - 1];
      if (step === undefined) throw new Error("the script is empty");
      return reply(step);
    },
  };
}

export interface RecordingDesk extends Desk {
  readonly lines: string[];
  readonly blobs: Map<string, Buffer>;
  readonly reserved: Parameters<Desk["reserveCall"]>[0][];
  readonly settled: Parameters<Desk["settleCall"]>[0][];
  /** What the attempt came to: `submitted` with the product, or the ending. */
  end_of_attempt: unknown;
}

/** A desk in memory. `answers` replaces single methods. */
export function memoryDesk(answers: Partial<Desk> = {}): RecordingDesk {
  const blobs = new Map<string, Buffer>();
  const desk: RecordingDesk = {
    lines: [],
    blobs,
    reserved: [],
    settled: [],
    end_of_attempt: null,
    async putBlobs(items) {
      return items.map(({ body }) => {
        const hash = sha256Hex(body);
        blobs.set(hash, body);
        return Buffer.from(hash, "hex");
      });
    },
    async log(message) {
      desk.lines.push(message);
    },
    async reserveCall(call) {
      desk.reserved.push(call);
      return { done: true, id: `call-${desk.reserved.length}` };
    },
    async settleCall(call) {
      desk.settled.push(call);
      return { done: true, id: call.call_id };
    },
    queueSandboxJob: async () => ({ done: true, id: "job" }),
    readSandboxJob: async () => ({
      status: "done",
      result: Buffer.from(
        JSON.stringify({ exit_code: 0, reason: "exit", stdout: "fine\n", stderr: "", duration_ms: 3 }),
      ),
    }),
    async submit(product, transcript, self_confidence) {
      desk.end_of_attempt = { submitted: jsonOf(blobs, product), self_confidence };
      desk.lines.push(`transcript of ${jsonOf(blobs, transcript).conversations.length}`);
      return { done: true, id: null };
    },
    async end(outcome, code, detail) {
      desk.end_of_attempt = { outcome, code, detail };
      return { done: true, id: null };
    },
    ...answers,
  };
  return desk;
}

function jsonOf(blobs: ReadonlyMap<string, Buffer>, hash: Buffer) {
  return JSON.parse(blobs.get(hash.toString("hex"))?.toString("utf8") ?? "null");
}

const SILENT = { warn() {}, info() {}, error() {}, debug() {} } as unknown as Log;

/** Runs one attempt with a scripted model and gives what became of it. */
export async function attempt(
  context: TaskContext,
  provider: Provider,
  options: {
    mode?: "tools" | "json";
    desk?: RecordingDesk;
    recorder?: Recorder;
    signal?: AbortSignal;
    /** Asked in order where the first stays down. */
    fallback?: readonly Provider[];
    slots?: Semaphore;
  } = {},
): Promise<RecordingDesk> {
  const desk = options.desk ?? memoryDesk();
  const all = [provider, ...(options.fallback ?? [])];
  const task = {
    task_id: "00000000-0000-8000-8000-000000000001",
    run_id: "00000000-0000-8000-8000-000000000002",
    kind: context.kind,
    key: context.task_key,
    agent_slug: "dev-1",
    mode: options.mode ?? "tools",
    models: all.map(({ name }) => ({ provider: name, model: name === provider.name ? "m" : `m-of-${name}` })),
    attempt: 1,
    claim_id: "7",
    context: Buffer.from(JSON.stringify(context)),
  };
  const slots = options.slots ?? new Semaphore(4);
  const providers = new Map(
    all.map((each) => [each.name, { provider: each, breaker: new CircuitBreaker(), slots }] as const),
  );
  const deps = { desk, providers, recorder: options.recorder ?? null, log: SILENT };
  await runAttempt(task, deps, options.signal ?? new AbortController().signal);
  return desk;
}
