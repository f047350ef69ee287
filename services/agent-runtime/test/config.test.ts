import { describe, expect, it } from "vitest";
import { buildApp } from "../src/app.ts";
import { loadConfig } from "../src/config.ts";
import { normaliseOutput } from "../src/execution/output-normalising.ts";
import { normaliseSelfConfidence } from "../src/scoring/self-confidence.ts";

const URL = "postgres://aura_agent@127.0.0.1/aura";

describe("the configuration", () => {
  it("needs only the database, and takes empty variables for unset ones", () => {
    const config = loadConfig({
      AURA_AGENT_DATABASE_URL: URL,
      OPENAI_API_KEY: "",
      AGENT_RUNTIME_PORT: "",
      LOG_LEVEL: "",
    });
    expect(config).toMatchObject({ AGENT_RUNTIME_PORT: 0, AGENT_RUNTIME_CAPACITY: 4, AURA_MODEL_TIMEOUT_S: 600 });
    expect(config.OPENAI_API_KEY).toBeUndefined();
  });

  it("names every bad variable at once and shows no value", () => {
    const load = () =>
      loadConfig({ AGENT_RUNTIME_CAPACITY: "many", OPENAI_BASE_URL: "secret-thing", AURA_MODEL_PROVIDER: "magic" });
    expect(load).toThrow(
      /AURA_AGENT_DATABASE_URL[\s\S]*AGENT_RUNTIME_CAPACITY[\s\S]*OPENAI_BASE_URL[\s\S]*AURA_MODEL_PROVIDER/,
    );
    expect(load).not.toThrow(/secret-thing/);
  });

  it("does not promise a provider that is not configured", () => {
    expect(() => loadConfig({ AURA_AGENT_DATABASE_URL: URL, AURA_MODEL_PROVIDER: "openai" })).toThrow(/OPENAI_API_KEY/);
    expect(() => loadConfig({ AURA_AGENT_DATABASE_URL: URL, AURA_MODEL_PROVIDER: "gemini" })).toThrow(/GEMINI_API_KEY/);
  });
});

describe("the health port", () => {
  it("is ready while the database answers", async () => {
    let age = 0;
    const app = buildApp({ version: "1", sinceLastBeatMs: () => age, running: () => 2, providers: () => ["replay"] });
    expect((await app.inject("/readyz")).json()).toEqual({ status: "ready", tasks_running: 2, providers: ["replay"] });
    age = 60_000;
    expect((await app.inject("/readyz")).statusCode).toBe(503);
    expect((await app.inject("/healthz")).statusCode).toBe(200);
    expect((await app.inject("/version")).json()).toEqual({ service: "agent-runtime", version: "1" });
  });
});

describe("what an agent thinks of itself", () => {
  it("becomes a number from 0 to 1 however it is written, and no information when it is none", () => {
    const given = [0.8, "0.8", "80%", 80, "high", 1, 0, -1, 500, "very", null, Number.NaN];
    expect(given.map(normaliseSelfConfidence)).toEqual([0.8, 0.8, 0.8, 0.8, 0.85, 1, 0, 0.5, 0.5, 0.5, 0.5, 0.5]);
  });
});

describe("output of a check", () => {
  it("loses what changes from run to run and nothing else", () => {
    const text = "Ran 2 tests in 0.003s\n<object at 0x7f3a2b1c> /tmp/tmpx1 balance 10.50s 0x1f 12 ms";
    expect(normaliseOutput(text)).toBe(
      "Ran 2 tests in <time>\n<object at 0x<address>> /tmp/<folder> balance 10.50s 0x1f 12 ms",
    );
  });
});
