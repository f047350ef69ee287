import { createLog } from "@aura/shared/log";
import { createPool } from "@aura/shared/postgres/client";
import { callVerb } from "@aura/shared/postgres/verbs";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import { Readiness } from "@aura/shared/schemas/api/system";
import { createTestRun, createTestRuntime, MANAGER } from "@aura/shared/testing/factories";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildApp } from "../../src/app.ts";
import { claimLeadership } from "../../src/db/leadership-statements.ts";
import { leaderContext } from "../../src/db/orchestration-verbs.ts";
import { type ApiUnderTest, apiUnderTest, FACTS } from "./api-under-test.ts";

let api: ApiUnderTest;
beforeAll(async () => {
  api = await apiUnderTest();
});
afterAll(() => api.close());

test("readiness names what is degraded, and is ok again when it is mended", async () => {
  const alone = Readiness.parse((await api.get("/readyz")).body);
  expect([alone.status, alone.checks.agent_runtimes.status]).toEqual(["degraded", "degraded"]);
  expect([alone.checks.database.status, alone.checks.migrations.status]).toEqual(["ok", "ok"]);
  await createTestRuntime(api.db);
  const served = Readiness.parse((await api.get("/readyz")).body);
  expect(served.checks.agent_runtimes.status).toBe("ok");
});

test("readiness says who leads; while nobody does it is degraded, and a run says that it waits for a Manager", async () => {
  const led = Readiness.parse((await api.get("/readyz")).body);
  const { holder, since } = led.leadership;
  expect(led.leadership).toMatchObject({ role: "standby", term: 1, holder: MANAGER.actor_id });
  expect(led.checks.leadership).toEqual({ status: "ok", detail: `${holder} leads term 1 since ${since}` });
  const { run_id } = await createTestRun(api.db);
  const waitsFor = async () => (await api.get(`/v1/runs/${run_id}`)).body.waiting_for;
  expect(await waitsFor()).toMatchObject({ reason: "planning" });

  await callVerb(api.db.pools.manager, "release_leadership", MANAGER);
  const alone = Readiness.parse((await api.get("/readyz")).body);
  expect(alone.leadership).toEqual({ role: "standby", term: 1, holder: null, since: null });
  expect(alone.checks.leadership).toMatchObject({
    status: "degraded",
    detail: expect.stringMatching(/^no Manager leads since 20/),
  });
  expect(await waitsFor()).toMatchObject({
    reason: "no_leader",
    owner: "manager",
    since: expect.stringMatching(/^20.*Z$/),
  });

  await claimLeadership(api.db.pools.manager, leaderContext(FACTS.manager_id, ""), 600);
  const own = Readiness.parse((await api.get("/readyz")).body);
  expect(own.leadership).toMatchObject({ role: "leader", term: 2, holder: FACTS.manager_id });
});

test("without a database the process is healthy, not ready, and every question is 503, retryable, without a detail of the inside", async () => {
  const pool = createPool("postgresql://aura_manager:secret@127.0.0.1:1/none", "test");
  const app = await buildApp({ pool, observer: pool, log: createLog("test", "silent"), facts: FACTS });
  expect((await app.inject("/healthz")).statusCode).toBe(200);
  for (const url of ["/readyz", "/v1/runs"]) {
    const reply = await app.inject({ url, headers: { authorization: `Bearer ${api.keys.director}` } });
    expect([reply.statusCode, reply.json().code, reply.json().retryable]).toEqual([503, "database_unavailable", true]);
    expect(reply.headers["retry-after"]).toBe("1");
    expect(reply.body).not.toMatch(/ECONNREFUSED|127\.0\.0\.1|secret/);
  }
  await app.close();
  await pool.end();
});

test("the OpenAPI document is version 3.1, names every operation, and resolves all of its references", async () => {
  const { body } = await api.get("/openapi.json");
  expect(body.openapi).toBe("3.1.0");
  const documented = (path: string) => path.replace(/:([a-z_]+)/g, "{$1}").replace("*", "{path}");
  for (const { path, method, id } of Object.values(OPERATIONS)) {
    const found = body.paths[documented(path)]?.[method.toLowerCase()];
    expect([id, found?.operationId]).toEqual([id, id]);
    expect(Object.keys(found.responses)).toContain("default");
  }
  const named = Object.values(OPERATIONS).map(({ path }) => documented(path));
  expect(Object.keys(body.paths).sort()).toEqual([...new Set(named)].sort());
  const references = [...JSON.stringify(body).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)];
  expect(references.length).toBeGreaterThan(10);
  for (const [, name] of references) expect(Object.keys(body.components.schemas)).toContain(name);
});

test("the documentation is served to a browser", async () => {
  const page = await api.app.inject("/docs");
  expect(page.statusCode).toBe(200);
  expect(page.headers["content-type"]).toContain("text/html");
});

test("what is not there has no route: these come with later versions", async () => {
  for (const url of ["/metrics", "/v1/controls", "/v1/audit/checkpoint"]) expect((await api.get(url)).status).toBe(404);
});

test("whoever shows the tag of what it has is told that nothing has changed, until something has", async () => {
  const first = await api.get("/v1/projects");
  const tag = first.headers.etag as string;
  expect(tag).toMatch(/^"[A-Za-z0-9+/=]+"$/);
  const same = await api.get("/v1/projects", { headers: { "if-none-match": tag } });
  expect([same.status, same.text]).toEqual([304, ""]);
  await api.post("/v1/projects", { name: "something new" });
  const changed = await api.get("/v1/projects", { headers: { "if-none-match": tag } });
  expect(changed.status).toBe(200);
  expect(changed.headers.etag).not.toBe(tag);
});
