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
  isolator: "bubblewrap 0.8.0",
  runtime: "linux",
  seccomp_sha256: null,
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
  return buildApp({
    ...deps,
    environment: async () => FACTS,
    sealing: () => null,
    anchors: () => [],
    unattested: () => [],
    posture: () => null,
    logCheck: () => null,
    ...change,
  });
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
        isolation: { ok: true, detail: "bubblewrap (bubblewrap 0.8.0, kernel linux)" },
        numbering: { ok: true, detail: "no event waits" },
        sealing: { ok: true, detail: expect.stringMatching(/^\d+ events under a checkpoint/) },
        witness: { ok: true, detail: expect.stringMatching(/^at most \d+ s behind$/) },
        attestation: { ok: true, detail: "no delivery waits in vain" },
        posture: { ok: true, detail: "being checked" },
        log: { ok: true, detail: "being checked" },
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

test("a log that nobody witnesses is degraded, and one that a witness contradicts is not ready", async () => {
  await sealLog(database);
  const witness = { witness: "w" };
  const client = await database.pools.admin.connect();
  await client.query("begin; set local session_replication_role = replica");
  await client.query("update audit_checkpoints set signed_at = signed_at - interval '2 minutes'");
  await client.query("commit");
  client.release();
  const silent = await app({ anchors: () => [{ ...witness, kind: "unreachable", detail: "no answer" }] }).inject(
    "/readyz",
  );
  expect([silent.statusCode, silent.json().status]).toEqual([200, "degraded"]);
  expect(silent.json().checks.witness.detail).toMatch(/^no checkpoint was cosigned for 12\d s; w: no answer$/);
  const other = await app({ anchors: () => [{ ...witness, kind: "contradicted", detail: "seen 9 of 5" }] }).inject(
    "/readyz",
  );
  expect([other.statusCode, other.json().checks.witness]).toEqual([503, { ok: false, detail: "w: seen 9 of 5" }]);
});

test("what a check found is told, and one that could not be made is no good sign", async () => {
  await sealLog(database);
  const found = { subject: "role aura_agent", what: "is not as it was released" };
  const states = { at: "2026-01-01T00:00:00Z", findings: [found], failed: "cut off" };
  const unmade = { at: "2026-01-01T00:00:00Z", findings: [], failed: "permission denied for table audit_leaves" };
  const reply = await app({ posture: () => states, logCheck: () => unmade }).inject("/readyz");
  expect(reply.statusCode).toBe(503);
  expect(reply.json().checks).toMatchObject({
    posture: { ok: false, detail: "role aura_agent is not as it was released" },
    log: { ok: false, detail: "cannot be checked: permission denied for table audit_leaves" },
  });
});
