import { expect, test } from "vitest";
import { loadConfig } from "../src/config.ts";

test("only the database has to be named, an empty variable counts as absent", () => {
  expect(loadConfig({ AURA_AUDITOR_DATABASE_URL: "postgres://aura_auditor@localhost/aura", LOG_LEVEL: "" })).toEqual({
    databaseUrl: "postgres://aura_auditor@localhost/aura",
    host: "127.0.0.1",
    port: 8002,
    sandbox: "auto",
    registry: "own",
    registries: { npm: "https://registry.npmjs.org/", pypi: "https://pypi.org/simple/" },
    logLevel: "info",
  });
});

test("a registry is an address without user and query, or switched off", () => {
  const of = (AURA_NPM_REGISTRY: string) =>
    loadConfig({ AURA_AUDITOR_DATABASE_URL: "postgres://a@b/c", AURA_NPM_REGISTRY });
  expect(of("none").registries.npm).toBeNull();
  expect(of("http://mirror:4873").registries.npm).toBe("http://mirror:4873/");
  for (const bad of ["ftp://x/", "https://user:key@x/", "https://x/?y", "x"])
    expect(() => of(bad)).toThrow(/AURA_NPM_REGISTRY/);
});

test("all bad variables are named at once", () => {
  expect(() => loadConfig({ AUDITOR_PORT: "ninety", AURA_SANDBOX: "docker" })).toThrow(
    /AURA_AUDITOR_DATABASE_URL.*AUDITOR_PORT.*AURA_SANDBOX/,
  );
});
