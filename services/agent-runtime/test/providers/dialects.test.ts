import { afterEach, describe, expect, it } from "vitest";
import { geminiProvider } from "../../src/providers/gemini.ts";
import { geminiSchema } from "../../src/providers/gemini-schema.ts";
import { ollamaProvider, reachesOllama } from "../../src/providers/ollama.ts";
import type { CompletionRequest, Message } from "../../src/providers/port.ts";
import { json, localEndpoint } from "./local-endpoint.ts";

const open: Awaited<ReturnType<typeof localEndpoint>>[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((endpoint) => endpoint.close()));
});

async function serve(body: unknown, status = 200) {
  const endpoint = await localEndpoint(json(status, body));
  open.push(endpoint);
  return { received: endpoint.received, origin: endpoint.baseUrl.replace("/v1", "") };
}

const HISTORY: Message[] = [
  { role: "system", content: "rules" },
  { role: "user", content: "begin" },
  {
    role: "assistant",
    content: null,
    tool_calls: [
      { id: "call00101", name: "read_file", arguments: '{"path":"a"}', provider_state: "sig-1" },
      { id: "call00102", name: "read_file", arguments: '{"path":"b"}' },
    ],
  },
  { role: "tool", tool_call_id: "call00101", content: "A" },
  { role: "tool", tool_call_id: "call00102", content: "B" },
];

function request(overrides: Partial<CompletionRequest> = {}): CompletionRequest {
  return {
    model: "m",
    messages: HISTORY,
    tools: [],
    response_format: "text",
    max_output_tokens: 1000,
    origin: { kind: "plan", template: "plan@1", task_key: "PLAN", turn: 2 },
    signal: new AbortController().signal,
    ...overrides,
  };
}

describe("gemini", () => {
  const generated = (part: Record<string, unknown>) => ({
    candidates: [{ content: { role: "model", parts: [part] }, finishReason: "STOP" }],
    usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1 },
  });
  const at = (origin: string) => geminiProvider({ apiKey: "k", baseUrl: origin, timeoutMs: 2_000 });

  it("gets the signature of a call back with the history, and the results of one reply together", async () => {
    const { received, origin } = await serve(generated({ text: "done" }));
    await at(origin).complete(request());
    expect(received[0]?.body).toMatchObject({
      systemInstruction: { parts: [{ text: "rules" }] },
      contents: [
        { role: "user" },
        {
          role: "model",
          parts: [
            { functionCall: { name: "read_file", args: { path: "a" } }, thoughtSignature: "sig-1" },
            { functionCall: { name: "read_file", args: { path: "b" } } },
          ],
        },
        {
          role: "user",
          parts: [
            { functionResponse: { name: "read_file", response: { result: "A" } } },
            { functionResponse: { name: "read_file", response: { result: "B" } } },
          ],
        },
      ],
    });
  });

  it("keeps the signature of a call for the next turn, and leaves its thoughts out of the text", async () => {
    const call = { functionCall: { name: "submit", args: { a: 1 } }, thoughtSignature: "sig-2" };
    const { origin } = await serve({
      candidates: [{ content: { parts: [{ text: "hm", thought: true }, call] }, finishReason: "STOP" }],
    });
    expect(await at(origin).complete(request())).toMatchObject({
      content: null,
      tool_calls: [{ name: "submit", arguments: '{"a":1}', provider_state: "sig-2" }],
      usage: null,
    });
  });

  it("says that a prompt was blocked, and does not try it again", async () => {
    const { origin } = await serve({ promptFeedback: { blockReason: "SAFETY" } });
    await expect(at(origin).complete(request())).rejects.toMatchObject({
      code: "provider_failed",
      retryable: false,
      detail: expect.stringContaining("blocked (SAFETY)"),
    });
  });

  it("waits as long as the details of a refusal ask", async () => {
    const details = [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "7s" }];
    const { origin } = await serve({ error: { message: "quota", details } }, 429);
    await expect(at(origin).complete(request())).rejects.toMatchObject({ retryAfterMs: 7000, retryable: true });
  });

  it("is told of arguments in its own dialect", () => {
    expect(
      geminiSchema({
        type: "object",
        additionalProperties: false,
        properties: {
          kind: { const: "a" },
          note: { anyOf: [{ type: "string" }, { type: "null" }], description: "why" },
          either: { anyOf: [{ type: "string" }, { type: "number" }] },
          list: { type: "array", items: { type: ["string", "null"] }, default: [] },
        },
        required: ["kind"],
      }),
    ).toEqual({
      type: "object",
      properties: {
        kind: { type: "string", enum: ["a"] },
        note: { type: "string", nullable: true, description: "why" },
        either: { anyOf: [{ type: "string" }, { type: "number" }] },
        list: { type: "array", items: { type: "string", nullable: true } },
      },
      required: ["kind"],
    });
  });
});

describe("ollama", () => {
  const at = (origin: string, contextTokens = 8_192) =>
    ollamaProvider({ baseUrl: origin, timeoutMs: 2_000, contextTokens });
  const REPLY = { message: { role: "assistant", content: "{" }, done_reason: "length", eval_count: 5 };

  it("opens a context that the prompt fits into, names the tool of a result, and says when the reply was cut", async () => {
    const { received, origin } = await serve(REPLY);
    expect(await at(origin).complete(request({ response_format: "json_object" }))).toMatchObject({
      finish_reason: "length",
      usage: { output_tokens: 5 },
    });
    expect(received[0]?.body).toMatchObject({
      stream: false,
      format: "json",
      options: { num_ctx: 8_192, num_predict: 1_000 },
      messages: [
        {},
        {},
        { tool_calls: [{ function: { arguments: { path: "a" } } }, {}] },
        { tool_name: "read_file" },
        {},
      ],
    });
  });

  it("is not asked what does not fit into its context", async () => {
    const { received, origin } = await serve(REPLY);
    const long = [{ role: "user" as const, content: "word ".repeat(6_000) }];
    await expect(at(origin).complete(request({ messages: long }))).rejects.toMatchObject({ code: "context_too_long" });
    expect(received).toHaveLength(0);
  });

  it("says how to get a model that is not there", async () => {
    const { origin } = await serve({ error: "model 'm' not found" }, 404);
    await expect(at(origin).complete(request())).rejects.toMatchObject({
      detail: expect.stringContaining("ollama pull"),
      retryable: false,
    });
  });

  it("is offered while a server answers", async () => {
    const { origin } = await serve({ models: [] });
    expect(await reachesOllama(origin)).toBe(true);
    expect(await reachesOllama("http://127.0.0.1:9")).toBe(false);
  });
});
