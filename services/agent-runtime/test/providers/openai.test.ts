import { afterEach, describe, expect, it } from "vitest";
import { openAiProvider } from "../../src/providers/openai.ts";
import { type CompletionRequest, ProviderError } from "../../src/providers/port.ts";
import { retryAfterMs } from "../../src/providers/wire-errors.ts";
import { type Answer, completion, json, localEndpoint } from "./local-endpoint.ts";

type Endpoint = Awaited<ReturnType<typeof localEndpoint>>;
const open: Endpoint[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((endpoint) => endpoint.close()));
});

async function endpoint(...answers: Answer[]) {
  const one = await localEndpoint(...answers);
  open.push(one);
  return one;
}

function request(overrides: Partial<CompletionRequest> = {}): CompletionRequest {
  return {
    model: "m",
    messages: [{ role: "user", content: "hello" }],
    tools: [],
    response_format: "text",
    max_output_tokens: 1000,
    origin: { kind: "plan", template: "plan@1", task_key: "PLAN", turn: 1 },
    signal: new AbortController().signal,
    ...overrides,
  };
}

function providerAt(baseUrl: string, timeoutMs = 2_000) {
  return openAiProvider({ apiKey: "secret-key", baseUrl, timeoutMs });
}

async function failure(attempt: Promise<unknown>): Promise<ProviderError> {
  const error = await attempt.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ProviderError);
  return error as ProviderError;
}

describe("a chat completion", () => {
  it("carries messages and tools there, and text, usage and finish reason back", async () => {
    const at = await endpoint(completion({ content: "hi" }));
    const tools = [{ name: "submit", description: "ends", parameters: { type: "object", properties: {} } }];
    const history = [
      { role: "assistant" as const, content: null, tool_calls: [{ id: "call00101", name: "submit", arguments: "{}" }] },
      { role: "tool" as const, tool_call_id: "call00101", content: "no" },
    ];
    const messages = [{ role: "user" as const, content: "hello" }, ...history];
    const reply = await providerAt(at.baseUrl).complete(request({ messages, tools }));
    expect(reply).toEqual({
      content: "hi",
      tool_calls: [],
      usage: { input_tokens: 11, output_tokens: 7 },
      finish_reason: "stop",
    });
    expect(at.received[0]).toMatchObject({
      path: "/v1/chat/completions",
      headers: { authorization: "Bearer secret-key" },
      body: {
        model: "m",
        max_tokens: 1000,
        tools: [{ type: "function", function: tools[0] }],
        messages: [
          messages[0],
          {
            role: "assistant",
            tool_calls: [{ id: "call00101", type: "function", function: { name: "submit", arguments: "{}" } }],
          },
          { role: "tool", tool_call_id: "call00101", content: "no" },
        ],
      },
    });
  });

  it("gives tool calls, with their arguments as text even from servers that send objects", async () => {
    const call = (args: unknown) => ({ id: "x", type: "function", function: { name: "submit", arguments: args } });
    const at = await endpoint(
      completion({ content: null, tool_calls: [call('{"a":1}'), call({ a: 2 })] }, "tool_calls"),
    );
    const reply = await providerAt(at.baseUrl).complete(request());
    expect(reply.tool_calls.map((each) => each.arguments)).toEqual(['{"a":1}', '{"a":2}']);
    expect(reply.finish_reason).toBe("tool_calls");
  });

  it("says when the reply was cut at the output limit", async () => {
    const at = await endpoint(completion({ content: "{" }, "length"));
    expect(await providerAt(at.baseUrl).complete(request())).toMatchObject({ finish_reason: "length" });
  });
});

describe("a failure", () => {
  it("with a used-up quota is not tried again", async () => {
    const at = await endpoint(json(429, { error: { message: "quota", code: "insufficient_quota" } }));
    expect(await failure(providerAt(at.baseUrl).complete(request()))).toMatchObject({ retryable: false });
  });

  it("because of a too long conversation is told apart", async () => {
    const at = await endpoint(json(400, { error: { message: "too many tokens", code: "context_length_exceeded" } }));
    expect(await failure(providerAt(at.baseUrl).complete(request()))).toMatchObject({ code: "context_too_long" });
  });

  it("because a model takes no tools is told apart", async () => {
    const at = await endpoint(json(400, { error: { message: "registry/gemma does not support tools" } }));
    expect(await failure(providerAt(at.baseUrl).complete(request()))).toMatchObject({ code: "tools_unsupported" });
  });
});

describe("what an endpoint does not accept", () => {
  it("is left out from the second try on, and remembered", async () => {
    const at = await endpoint(
      json(400, { error: { message: "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'." } }),
      json(400, { error: { message: "max_completion_tokens is too large: 1000. At most 512 completion tokens." } }),
      json(400, { error: { message: "response_format is not supported" } }),
      completion({ content: "{}" }),
    );
    const provider = providerAt(at.baseUrl);
    await provider.complete(request({ response_format: "json_object" }));
    await provider.complete(request({ response_format: "json_object" }));
    expect(at.received).toHaveLength(5);
    const last = at.received[4]?.body;
    expect(last).toMatchObject({ max_completion_tokens: 512 });
    expect(last).not.toHaveProperty("max_tokens");
    expect(last).not.toHaveProperty("response_format");
  });
});

describe("Retry-After", () => {
  it("is seconds or a date", () => {
    const now = Date.parse("2026-01-01T00:00:00Z");
    const at = (value: string) => retryAfterMs(new Headers({ "retry-after": value }), now);
    expect([at("2"), at("Thu, 01 Jan 2026 00:00:05 GMT"), at("soon"), retryAfterMs(undefined)]).toEqual([
      2000,
      5000,
      null,
      null,
    ]);
  });
});
