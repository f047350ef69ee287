import { Semaphore } from "@aura/shared/semaphore";
import { describe, expect, it } from "vitest";
import { type CompletionRequest, ProviderError } from "../../src/providers/port.ts";
import { PLAN, PLAN_CONTEXT } from "../contexts.ts";
import { attempt, memoryDesk, type Script, scriptedProvider, USAGE } from "../scripted.ts";

const SUBMIT = { calls: [{ name: "submit_plan", arguments: PLAN }] };
const FREE = { retryable: true, costNothing: true };

describe("money", () => {
  it("is reserved for the worst case before a call and settled after it", async () => {
    const desk = await attempt(PLAN_CONTEXT, scriptedProvider([SUBMIT]));
    expect(desk.reserved).toHaveLength(1);
    expect(desk.reserved[0]).toMatchObject({ provider: "scripted", model: "m", output_tokens_max: 24_000 });
    expect(desk.reserved[0]?.input_tokens_max).toBeGreaterThan(1_000);
    expect(desk.settled).toEqual([expect.objectContaining({ call_id: "call-1", ...USAGE, outcome: "ok" })]);
  });

  it("that is not there ends the attempt before anything is asked", async () => {
    const desk = memoryDesk({ reserveCall: async () => ({ done: false, code: "budget_exhausted", detail: "" }) });
    const provider = scriptedProvider([SUBMIT]);
    await attempt(PLAN_CONTEXT, provider, { desk });
    expect(provider.requests).toHaveLength(0);
    expect(desk.end_of_attempt).toMatchObject({ outcome: "held_up", code: "budget_exhausted" });
  });

  it("is given back for a try that cost nothing, and stays reserved for one that may have cost something", async () => {
    const script: Script = [
      new ProviderError("provider_failed", "busy", FREE),
      new ProviderError("provider_failed", "cut", { retryable: true }),
      SUBMIT,
    ];
    const desk = await attempt(PLAN_CONTEXT, scriptedProvider(script));
    expect(desk.reserved).toHaveLength(3);
    expect(desk.settled.map((call) => [call.call_id, call.input_tokens])).toEqual([
      ["call-1", 0],
      ["call-3", USAGE.input_tokens],
    ]);
    expect(desk.end_of_attempt).toMatchObject({ submitted: PLAN });
  });

  it("that is refused as an impossible count is told to stay charged as reserved", async () => {
    const refused = { done: false, code: "validation_failed", detail: "an impossible count" } as const;
    const desk = memoryDesk({ settleCall: async () => refused });
    await attempt(PLAN_CONTEXT, scriptedProvider([SUBMIT]), { desk });
    expect(desk.lines).toContainEqual(expect.stringContaining("stays charged as reserved: validation_failed"));
    expect(desk.end_of_attempt).toMatchObject({ submitted: PLAN });
  });

  it("is counted by an upper estimate when the provider does not say", async () => {
    const provider = scriptedProvider([SUBMIT]);
    const silent = {
      ...provider,
      complete: async (request: Parameters<typeof provider.complete>[0]) => ({
        ...(await provider.complete(request)),
        usage: null,
      }),
    };
    const desk = await attempt(PLAN_CONTEXT, silent);
    expect(desk.settled[0]?.input_tokens).toBe(desk.reserved[0]?.input_tokens_max);
  });
});

describe("a provider", () => {
  it("that stays down holds the attempt up, with its own words", async () => {
    const script: Script = [
      new ProviderError("provider_refused_key", "refused the key with status 401", { costNothing: true }),
    ];
    const desk = await attempt(PLAN_CONTEXT, scriptedProvider(script));
    expect(desk.end_of_attempt).toMatchObject({
      outcome: "held_up",
      code: "provider_failed",
      detail: "scripted: refused the key with status 401",
    });
  });

  it("whose model takes no tools is asked again in JSON mode", async () => {
    const text = JSON.stringify({ actions: [{ tool: "submit_plan", arguments: PLAN }] });
    const provider = scriptedProvider([
      new ProviderError("tools_unsupported", "no tools", { costNothing: true }),
      { text },
    ]);
    const desk = await attempt(PLAN_CONTEXT, provider);
    expect(provider.requests.map((request) => request.response_format)).toEqual(["text", "json_object"]);
    expect(desk.end_of_attempt).toMatchObject({ submitted: PLAN });
  });

  it("whose context is too small ends the attempt as given up", async () => {
    const script: Script = [new ProviderError("context_too_long", "too long", { costNothing: true })];
    const desk = await attempt(PLAN_CONTEXT, scriptedProvider(script));
    expect(desk.end_of_attempt).toMatchObject({ outcome: "gave_up", code: "context_too_long" });
  });
});

describe("a run that allows several providers", () => {
  const down = () => ({
    ...scriptedProvider([new ProviderError("provider_failed", "down", { costNothing: true })]),
    name: "first",
  });

  it("goes on with the next one, each call reserved under the name and model that is asked", async () => {
    const second = scriptedProvider([SUBMIT]);
    const desk = await attempt(PLAN_CONTEXT, down(), { fallback: [second] });
    expect(desk.reserved.map(({ provider, model }) => `${provider}/${model}`)).toEqual([
      "first/m",
      "scripted/m-of-scripted",
    ]);
    expect(second.requests[0]?.model).toBe("m-of-scripted");
    expect(desk.end_of_attempt).toMatchObject({ submitted: PLAN });
    expect(desk.lines).toContainEqual(expect.stringContaining("first/m is given up: down"));
  });

  it("is held up when all of them stay down, and says what each said", async () => {
    const gone = scriptedProvider([
      new ProviderError("provider_refused_key", "refused the key", { costNothing: true }),
    ]);
    const desk = await attempt(PLAN_CONTEXT, down(), { fallback: [gone] });
    expect(desk.end_of_attempt).toMatchObject({
      outcome: "held_up",
      code: "provider_failed",
      detail: "first: down; scripted: refused the key",
    });
  });
});

describe("calls to one provider", () => {
  it("wait for a place, and reserve nothing while they wait", async () => {
    const slots = new Semaphore(1);
    const open: (() => void)[] = [];
    const slow = {
      ...scriptedProvider([SUBMIT]),
      complete: async (request: CompletionRequest) => {
        await new Promise<void>((resolve) => open.push(resolve));
        return scriptedProvider([SUBMIT]).complete(request);
      },
    };
    const desks = [memoryDesk(), memoryDesk()] as const;
    const both = desks.map((desk) => attempt(PLAN_CONTEXT, slow, { desk, slots }));
    await expect.poll(() => open.length).toBe(1);
    expect(desks.map(({ reserved }) => reserved.length).sort()).toEqual([0, 1]);
    open[0]?.();
    await expect.poll(() => open.length).toBe(2);
    open[1]?.();
    await Promise.all(both);
    expect(desks.every((desk) => desk.end_of_attempt !== null)).toBe(true);
  });
});

describe("a claim that is lost", () => {
  it("ends everything without a word", async () => {
    const desk = memoryDesk({ reserveCall: async () => ({ done: false, code: "stale_claim", detail: "" }) });
    await attempt(PLAN_CONTEXT, scriptedProvider([SUBMIT]), { desk });
    expect(desk.end_of_attempt).toBeNull();
  });

  it("during a call throws the reply away", async () => {
    const abort = new AbortController();
    const provider = scriptedProvider([SUBMIT]);
    const late = {
      ...provider,
      complete: async (request: Parameters<typeof provider.complete>[0]) => {
        const reply = await provider.complete(request);
        abort.abort(new Error("lease lost"));
        return reply;
      },
    };
    const desk = await attempt(PLAN_CONTEXT, late, { signal: abort.signal });
    expect(desk.settled).toHaveLength(1);
    expect(desk.end_of_attempt).toBeNull();
  });
});

describe("what was said", () => {
  it("is kept request by request, each holding only what is new", async () => {
    const provider = scriptedProvider([{ text: "hm" }, SUBMIT]);
    const desk = await attempt(PLAN_CONTEXT, provider);
    const [first, second] = desk.reserved.map(
      (call) => desk.blobs.get(call.request_sha256.toString("hex"))?.toString() ?? "",
    );
    expect(JSON.parse(first ?? "")).toMatchObject({ previous: null });
    const grown = JSON.parse(second ?? "");
    expect(grown.previous).toBe(desk.reserved[0]?.request_sha256.toString("hex"));
    expect(grown.messages.map((message: { role: string }) => message.role)).toEqual(["assistant", "user"]);
  });
});
