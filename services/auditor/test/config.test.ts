import { expect, test } from "vitest";
import { loadConfig } from "../src/config.ts";

test("only the database has to be named, an empty variable counts as absent", () => {
  expect(loadConfig({ AURA_AUDITOR_DATABASE_URL: "postgres://aura_auditor@localhost/aura", LOG_LEVEL: "" })).toEqual({
    databaseUrl: "postgres://aura_auditor@localhost/aura",
    host: "127.0.0.1",
    port: 8002,
    sandbox: "auto",
    logLevel: "info",
  });
});

test("all bad variables are named at once", () => {
  expect(() => loadConfig({ AUDITOR_PORT: "ninety", AURA_SANDBOX: "docker" })).toThrow(
    /AURA_AUDITOR_DATABASE_URL.*AUDITOR_PORT.*AURA_SANDBOX/,
  );
});
