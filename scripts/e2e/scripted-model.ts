import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";

/**
 * An OpenAI-compatible server that answers every task of a `ScriptedProduct` run, so that whole-system tests cross the real wire
 * with replies that are known. What it does not understand it answers with 500.
 */
export interface ScriptedModel {
  readonly base_url: string;
  /** In order of arrival. */
  readonly calls: { readonly kind: string; readonly product: string }[];
  /** What the next calls meet instead of an answer; taken from the front. */
  readonly troubles: Trouble[];
  /** Keeps the next such call open; `text` is part of its prompt. */
  readonly hold: (kind: string, product: string, text?: string) => HeldCall;
  /** Breaks every connection and refuses new ones, until `comeBack`. */
  readonly goDown: () => Promise<void>;
  readonly comeBack: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** A call that is not answered until it is released. */
export interface HeldCall {
  readonly arrived: Promise<void>;
  /** Who asked has hung up, or has its answer. */
  readonly gone: Promise<void>;
  readonly release: () => void;
}

export type Trouble = { readonly status: number; readonly retry_after_s?: number } | "nonsense" | "hang_up";

/** A product that every agent of its run knows by heart. */
export interface ScriptedProduct {
  readonly name: string;
  requirements(): object;
  plan(): object;
  /** @param wanted ids of the requirements that tests are asked for, e.g. R1 */
  suite(wanted: readonly string[]): object;
  /** The ruling of another test author on what the developer disputes. */
  rulings(): object;
  /** @param prompt says which task it is, and what was refused before */
  implementation(prompt: string): Implementation;
}

export interface Implementation {
  /** Text by path. */
  readonly files: Readonly<Record<string, string>>;
  readonly disputes: readonly { readonly test_id: string; readonly basis: string }[];
}

const ChatRequest = z.object({
  model: z.string(),
  messages: z.array(z.object({ role: z.string(), content: z.string().nullish() })),
  tools: z.array(z.object({ function: z.object({ name: z.string() }) })).default([]),
});

interface ToolCall {
  readonly name: string;
  readonly arguments: unknown;
}

/** @param productFor chooses by the prompt, so that one server can serve several runs */
export async function startScriptedModel(productFor: (prompt: string) => ScriptedProduct): Promise<ScriptedModel> {
  const calls: { kind: string; product: string }[] = [];
  const troubles: Trouble[] = [];
  const held: Hold[] = [];
  const server = createServer(
    (request, response) => void serve(request, response).catch((error: unknown) => fail(response, error)),
  );

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const asked = ChatRequest.parse(JSON.parse(Buffer.concat(chunks).toString("utf8")));
    const kind = kindOf(asked.tools.map((tool) => tool.function.name));
    const prompt = asked.messages.map(({ content }) => content ?? "").join("\n");
    const product = productFor(prompt);
    calls.push({ kind, product: product.name });
    const trouble = troubles.shift();
    if (trouble !== undefined) return meet(trouble, response);
    await takeHold(held, { kind, product: product.name, prompt })?.keep(response);
    send(response, asked.model, answer(kind, prompt, product));
  }

  const listen = (at: number) => new Promise<void>((resolve) => server.listen(at, "127.0.0.1", resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    base_url: `http://127.0.0.1:${port}/v1`,
    calls,
    troubles,
    hold(kind, product, text = "") {
      const { call, hold } = newHold(kind, product, text);
      held.push(hold);
      return call;
    },
    goDown: () => closed(server),
    comeBack: () => listen(port),
    close: () => closed(server),
  };
}

interface Hold {
  readonly kind: string;
  readonly product: string;
  readonly text: string;
  /** Resolves when the call may be answered. */
  readonly keep: (response: ServerResponse) => Promise<void>;
}

function newHold(kind: string, product: string, text: string): { call: HeldCall; hold: Hold } {
  const [arrived, gone, released] = [0, 0, 0].map(() => Promise.withResolvers<void>()) as [Signal, Signal, Signal];
  const keep = (response: ServerResponse) => {
    response.once("close", gone.resolve);
    arrived.resolve();
    return released.promise;
  };
  const call = { arrived: arrived.promise, gone: gone.promise, release: () => released.resolve() };
  return { call, hold: { kind, product, text, keep } };
}

type Signal = PromiseWithResolvers<void>;

function takeHold(held: Hold[], call: { kind: string; product: string; prompt: string }): Hold | undefined {
  const index = held.findIndex(
    ({ kind, product, text }) => kind === call.kind && product === call.product && call.prompt.includes(text),
  );
  return index < 0 ? undefined : held.splice(index, 1)[0];
}

function kindOf(tools: readonly string[]): string {
  const submit = tools.find((name) => name.startsWith("submit_"));
  if (submit !== undefined) return submit.slice("submit_".length);
  return tools.includes("write_file") ? "implement" : "unknown";
}

function answer(kind: string, prompt: string, product: ScriptedProduct): ToolCall[] {
  const self_confidence = 0.9;
  switch (kind) {
    case "requirements":
      return [{ name: "submit_requirements", arguments: { ...product.requirements(), self_confidence } }];
    case "plan":
      return [{ name: "submit_plan", arguments: { ...product.plan(), self_confidence } }];
    case "acceptance_tests":
      return [{ name: "submit_acceptance_tests", arguments: { ...testsFor(prompt, product), self_confidence } }];
    case "implement":
      return [
        ...handIn(product.implementation(prompt)),
        { name: "submit", arguments: { summary: "as it was planned", self_confidence } },
      ];
    case "review":
      return [{ name: "submit_review", arguments: { summary: "As planned.", doubts: [], self_confidence } }];
    default:
      throw new Error(`no answer to a task of kind ${kind}`);
  }
}

function testsFor(prompt: string, product: ScriptedProduct) {
  if (/disput/i.test(prompt.split("# Task").at(-1) ?? "") && /Disputed tests/.test(prompt)) return product.rulings();
  const survivors = /# Changes that no test noticed\n\n((?:\d+\..*\n)+)/.exec(prompt)?.[1];
  if (survivors !== undefined) return equivalents(survivors.trim().split("\n").length);
  const wanted = /Write the tests of ([R0-9, ]+)\./.exec(prompt)?.[1] ?? "";
  return product.suite(wanted.split(", "));
}

/** The author finds nothing to add. */
function equivalents(count: number) {
  const answers = Array.from({ length: count }, (_, index) => ({
    ...{ number: index + 1, answer: "equivalent" },
    basis: "nobody who uses it could see the difference",
  }));
  return { answers };
}

function handIn({ files, disputes }: Implementation): ToolCall[] {
  return [
    ...Object.entries(files).map(([path, content]) => ({ name: "write_file", arguments: { path, content } })),
    ...disputes.map((dispute) => ({ name: "dispute_test", arguments: dispute })),
  ];
}

function send(response: ServerResponse, model: string, calls: readonly ToolCall[]): void {
  const tool_calls = calls.map((call, index) => ({
    id: `call_${index}`,
    type: "function",
    function: { name: call.name, arguments: JSON.stringify(call.arguments) },
  }));
  const message = { role: "assistant", content: null, tool_calls };
  response.writeHead(200, { "content-type": "application/json" });
  response.end(
    JSON.stringify({
      id: "chatcmpl-scripted",
      object: "chat.completion",
      created: 0,
      model,
      choices: [{ index: 0, message, finish_reason: "tool_calls" }],
      usage: { prompt_tokens: 1000, completion_tokens: 200, total_tokens: 1200 },
    }),
  );
}

function meet(trouble: Trouble, response: ServerResponse): void {
  if (trouble === "hang_up") {
    response.destroy();
    return;
  }
  if (trouble === "nonsense") {
    const message = { role: "assistant", content: "I have thought about it, and all is well." };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(
      JSON.stringify({
        id: "n",
        object: "chat.completion",
        created: 0,
        model: "m",
        choices: [{ index: 0, message, finish_reason: "stop" }],
        usage: { prompt_tokens: 10, completion_tokens: 10, total_tokens: 20 },
      }),
    );
    return;
  }
  const headers = trouble.retry_after_s === undefined ? {} : { "retry-after": String(trouble.retry_after_s) };
  response.writeHead(trouble.status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify({ error: { message: "scripted trouble" } }));
}

function fail(response: ServerResponse, error: unknown): void {
  response.writeHead(500, { "content-type": "application/json" });
  response.end(JSON.stringify({ error: { message: String(error) } }));
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
