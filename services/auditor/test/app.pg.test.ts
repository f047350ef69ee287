import { createLog } from "@aura/shared/log";
import { createPool } from "@aura/shared/postgres/client";
import { AuraError } from "@aura/shared/problems";
import type { EnvironmentFacts } from "@aura/shared/schemas/verification-report";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { sealLog } from "@aura/shared/testing/sealing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AppDeps, buildApp } from "../src/app.ts";

const FACTS: EnvironmentFacts = {
  sandbox_level: "bubblewrap",
  canaries: {},
  kernel: "",
  toolchain: {},
  launcher_sha256: null,
};
let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database?.close());

function app(change: Partial<AppDeps> = {}) {
  const deps = {
    pool: database.pools.auditor,
    log: createLog("auditor", "silent"),
    version: "9",
    holder: "auditor-one",
  };
  return buildApp({ ...deps, environment: async () => FACTS, sealing: () => null, ...change });
}

test("it is ready with a database, an isolated sandbox and a log that keeps up", async () => {
  await sealLog(database);
  const reply = await app().inject("/readyz");
  expect([reply.statusCode, reply.json()]).toEqual([
    200,
    {
      status: "ready",
      checks: {
        database: { ok: true, detail: "answers" },
        isolation: { ok: true, detail: "bubblewrap" },
        numbering: { ok: true, detail: "no event waits" },
        sealing: { ok: true, detail: expect.stringMatching(/^\d+ events under a checkpoint/) },
      },
    },
  ]);
});

test("without isolation or a database it lives, but is not ready, and says which", async () => {
  const refused = () => Promise.reject(new AuraError("isolation_unavailable", "bubblewrap is not installed"));
  const unisolated = await app({ environment: refused }).inject("/readyz");
  expect(unisolated.statusCode).toBe(503);
  expect(unisolated.json().checks.isolation).toEqual({ ok: false, detail: "bubblewrap is not installed" });

  const pool = createPool("postgres://nobody@127.0.0.1:1/none", "test");
  const cut = app({ pool });
  expect((await cut.inject("/readyz")).json().checks.database).toEqual({ ok: false, detail: "does not answer" });
  expect((await cut.inject("/healthz")).statusCode).toBe(200);
});
