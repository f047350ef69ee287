import { afterEach, describe, expect, it } from "vitest";
import { geminiProvider } from "../../src/providers/gemini.ts";
import { ollamaProvider } from "../../src/providers/ollama.ts";
import { openAiProvider } from "../../src/providers/openai.ts";
import { type CompletionRequest, type Provider, ProviderError } from "../../src/providers/port.ts";
import { type Answer, completion, json, localEndpoint } from "./local-endpoint.ts";

/** What goes wrong on a wire goes wrong alike for all providers. */

type Endpoint = Awaited<ReturnType<typeof localEndpoint>>;
type Open = (origin: string, timeoutMs?: number) => Provider;
const open: Endpoint[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((endpoint) => endpoint.close()));
});

const ALL: readonly [name: string, Open, ok: Answer][] = [
  [
    "openai",
    (origin, timeoutMs = 2_000) => openAiProvider({ apiKey: "secret-key", baseUrl: `${origin}/v1`, timeoutMs }),
    completion({ content: "hi" }),
  ],
  [
    "gemini",
    (origin, timeoutMs = 2_000) => geminiProvider({ apiKey: "secret-key", baseUrl: origin, timeoutMs }),
    json(200, {
      candidates: [{ content: { role: "model", parts: [{ text: "hi" }] }, finishReason: "STOP" }],
      usageMetadata: { promptTokenCount: 11, candidatesTokenCount: 4, thoughtsTokenCount: 3 },
    }),
  ],
  [
    "ollama",
    (origin, timeoutMs = 2_000) => ollamaProvider({ baseUrl: origin, timeoutMs, contextTokens: 32_768 }),
    json(200, {
      message: { role: "assistant", content: "hi" },
      done_reason: "stop",
      prompt_eval_count: 11,
      eval_count: 7,
    }),
  ],
];

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

async function failure(attempt: Promise<unknown>): Promise<ProviderError> {
  const error = await attempt.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ProviderError);
  return error as ProviderError;
}

describe.each(ALL)("%s", (_name, provide, ok) => {
  async function at(...answers: Answer[]) {
    const endpoint = await localEndpoint(...answers);
    open.push(endpoint);
    const origin = endpoint.baseUrl.replace("/v1", "");
    return { endpoint, origin, provider: provide(origin) };
  }

  const refusal = (status: number, message: string): Answer =>
    json(status, _name === "ollama" ? { error: message } : { error: { message } }, { "retry-after": "3" });

  it("gives text, usage and finish reason of a good reply", async () => {
    const { provider } = await at(ok);
    expect(await provider.complete(request())).toEqual({
      content: "hi",
      tool_calls: [],
      usage: { input_tokens: 11, output_tokens: 7 },
      finish_reason: "stop",
    });
  });

  it("with status 429 may be tried again after what it asks, and cost nothing", async () => {
    const { provider, endpoint } = await at(refusal(429, "slow down"));
    const error = await failure(provider.complete(request()));
    expect(error).toMatchObject({ code: "provider_failed", retryable: true, retryAfterMs: 3000, costNothing: true });
    expect(error.detail).toContain("slow down");
    expect(endpoint.received).toHaveLength(1);
  });

  it("with status 500 may be tried again", async () => {
    const { provider } = await at(refusal(500, "oops"));
    expect(await failure(provider.complete(request()))).toMatchObject({ retryable: true, costNothing: true });
  });

  it("that refuses the key is told apart and the key never shown", async () => {
    const { provider } = await at(refusal(401, "Incorrect API key provided: secret-key"));
    const error = await failure(provider.complete(request()));
    expect(error).toMatchObject({ code: "provider_refused_key", retryable: false });
    expect(error.message).not.toContain("secret-key");
  });

  it("whose model takes no tools is told apart", async () => {
    const { provider } = await at(refusal(400, "registry/gemma does not support tools"));
    expect(await failure(provider.complete(request()))).toMatchObject({ code: "tools_unsupported" });
  });

  it.each([
    ["text that is not JSON", { "content-type": "text/html" }, "<html>gateway</html>"],
    ["broken JSON", { "content-type": "application/json" }, '{"choices": [{'],
    ["another schema", { "content-type": "application/json" }, '{"answer": 42}'],
    ["nothing", { "content-type": "application/json" }, ""],
  ])("that answers %s may have cost something", async (_what, headers, body) => {
    const { provider } = await at((response) => response.writeHead(200, headers).end(body));
    const error = await failure(provider.complete(request()));
    expect(error).toMatchObject({ code: "provider_failed", retryable: true, costNothing: false });
  });

  it("whose connection is cut in the middle may have cost something", async () => {
    const { provider } = await at((response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
      response.write('{"choices": ');
      setTimeout(() => response.destroy(), 20);
    });
    const error = await failure(provider.complete(request()));
    expect(error).toMatchObject({ code: "provider_failed", retryable: true, costNothing: false });
  });

  it("that does not answer in time may have cost something", async () => {
    const { origin } = await at(() => undefined);
    const error = await failure(provide(origin, 100).complete(request()));
    expect(error).toMatchObject({ code: "provider_failed", retryable: true, costNothing: false });
    expect(error.detail).toContain("time limit");
  });

  it("whose output has no end is stopped at two megabytes and not tried again", async () => {
    const { provider } = await at((response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const more = () => {
        while (response.write("x".repeat(65_536)));
        response.once("drain", more);
      };
      more();
    });
    const error = await failure(provider.complete(request()));
    expect(error).toMatchObject({ code: "provider_failed", retryable: false, costNothing: false });
    expect(error.detail).toContain("too large");
  });

  it("that is not there cost nothing", async () => {
    const endpoint = await localEndpoint();
    await endpoint.close();
    const error = await failure(provide(endpoint.baseUrl.replace("/v1", "")).complete(request()));
    expect(error).toMatchObject({ code: "provider_failed", retryable: true, costNothing: true });
  });

  it("that is given up by the caller ends with the caller's reason", async () => {
    const { provider } = await at(() => undefined);
    const abort = new AbortController();
    const attempt = provider.complete(request({ signal: abort.signal }));
    setTimeout(() => abort.abort(new Error("lease lost")), 50);
    await expect(attempt).rejects.toThrow("lease lost");
  });
});
