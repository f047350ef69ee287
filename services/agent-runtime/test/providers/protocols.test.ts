import { LLMock } from "@copilotkit/aimock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { geminiProvider } from "../../src/providers/gemini.ts";
import { ollamaProvider } from "../../src/providers/ollama.ts";
import { openAiProvider } from "../../src/providers/openai.ts";
import type { CompletionRequest, Message, Provider } from "../../src/providers/port.ts";

/** Each provider through its own SDK against a server that somebody else wrote and that speaks all three protocols. */

const mock = new LLMock({ port: 0, logLevel: "silent" });
const timeoutMs = 5_000;

beforeAll(async () => {
  mock.addFixture({
    match: { userMessage: "use a tool", predicate: (request) => !JSON.stringify(request).includes("it counts 3") },
    response: { toolCalls: [{ name: "count", arguments: '{"text":"a b c"}' }] },
  });
  mock.addFixture({
    match: { userMessage: "use a tool", predicate: (request) => JSON.stringify(request).includes("it counts 3") },
    response: { content: "three" },
  });
  mock.onMessage("say hello", { content: "hello" });
  mock.onMessage("as json", { content: '{"words": 3}' });
  await mock.start();
});
afterAll(() => mock.stop());

const PROVIDERS: readonly [string, () => Provider][] = [
  ["openai", () => openAiProvider({ apiKey: "k", baseUrl: `${mock.url}/v1`, timeoutMs })],
  ["gemini", () => geminiProvider({ apiKey: "k", baseUrl: mock.url, timeoutMs })],
  ["ollama", () => ollamaProvider({ baseUrl: mock.url, timeoutMs, contextTokens: 32_768 })],
];

const COUNT = {
  name: "count",
  description: "counts words",
  parameters: {
    type: "object",
    properties: { text: { type: "string" } },
    required: ["text"],
    additionalProperties: false,
  },
};

function request(messages: readonly Message[], overrides: Partial<CompletionRequest> = {}): CompletionRequest {
  return {
    model: "gemini-2.5-pro",
    messages,
    tools: [],
    response_format: "text",
    max_output_tokens: 1000,
    origin: { kind: "plan", template: "plan@1", task_key: "PLAN", turn: 1 },
    signal: new AbortController().signal,
    ...overrides,
  };
}

describe.each(PROVIDERS)("%s", (_name, provide) => {
  it("says what the model said, and counts tokens", async () => {
    const reply = await provide().complete(
      request([
        { role: "system", content: "be short" },
        { role: "user", content: "say hello" },
      ]),
    );
    expect(reply).toMatchObject({ content: "hello", tool_calls: [], finish_reason: "stop" });
    expect(reply.usage?.output_tokens).toBeGreaterThanOrEqual(0);
  });

  it("asks for JSON where tools are not offered", async () => {
    const reply = await provide().complete(
      request([{ role: "user", content: "as json" }], { response_format: "json_object" }),
    );
    expect(JSON.parse(reply.content ?? "")).toEqual({ words: 3 });
  });

  it("takes a tool call, and gives its result back in the same conversation", async () => {
    const asked: Message[] = [{ role: "user", content: "use a tool" }];
    const first = await provide().complete(request(asked, { tools: [COUNT] }));
    expect(first).toMatchObject({ finish_reason: "tool_calls", tool_calls: [{ name: "count" }] });
    expect(JSON.parse(first.tool_calls[0]?.arguments ?? "")).toEqual({ text: "a b c" });
    const calls = first.tool_calls.map((call) => ({ ...call, id: "call00101" }));
    const history: Message[] = [
      ...asked,
      { role: "assistant", content: null, tool_calls: calls },
      { role: "tool", tool_call_id: "call00101", content: "it counts 3" },
    ];
    expect(await provide().complete(request(history, { tools: [COUNT] }))).toMatchObject({ content: "three" });
  });
});
