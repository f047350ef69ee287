import { KEY_ROLES } from "@aura/shared/enums/actor";
import type { Operation } from "@aura/shared/schemas/api/operation";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROLES_ALLOWED } from "../../src/http/access.ts";
import { type ApiUnderTest, addKey, apiUnderTest, countRows } from "./api-under-test.ts";

let api: ApiUnderTest;
beforeAll(async () => {
  api = await apiUnderTest();
});
afterAll(() => api.close());

const ABSENT = "019abc00-0000-7000-8000-00000000abcd";
const urlOf = (operation: Operation) => operation.path.replace(/:[a-z_]+/g, ABSENT).replace("*", "a.txt");
const operations: readonly Operation[] = Object.values(OPERATIONS);
const guarded = operations.filter(({ access, id }) => access !== "public" && id !== "streamEvents");

describe("every operation lets in exactly the roles of its access class", () => {
  test.each(guarded.map((operation) => [operation.id, operation] as const))("%s", async (_, operation) => {
    for (const role of KEY_ROLES) {
      const reply = await api.app.inject({
        method: operation.method,
        url: urlOf(operation),
        headers: { authorization: `Bearer ${api.keys[role]}` },
        ...(operation.method === "POST" ? { payload: {} } : {}),
      });
      const allowed = operation.access !== "public" && ROLES_ALLOWED[operation.access].includes(role);
      if (allowed) expect([200, 400, 404]).toContain(reply.statusCode);
      else expect([reply.statusCode, reply.json().code]).toEqual([403, "forbidden"]);
    }
  });
});

test("without a key every guarded operation is 401, before its parameters and body are looked at", async () => {
  for (const operation of guarded) {
    const reply = await api.app.inject({ method: operation.method, url: urlOf(operation) });
    expect([operation.id, reply.statusCode, reply.json().code]).toEqual([operation.id, 401, "unauthenticated"]);
    expect(reply.headers["www-authenticate"]).toContain("Bearer");
  }
});

test("public operations need no key", async () => {
  for (const operation of operations.filter(({ access, method }) => access === "public" && method === "GET")) {
    const reply = await api.app.inject({ method: "GET", url: operation.path });
    expect([operation.id, reply.statusCode]).toEqual([operation.id, 200]);
  }
});

test("unknown, expired, revoked and truncated keys are refused alike", async () => {
  const keys = [
    "nobody's key",
    await addKey(api.db, "director", "expired"),
    await addKey(api.db, "director", "revoked"),
    api.keys.director.slice(0, -1),
    "",
  ];
  for (const key of keys) {
    const reply = await api.get("/v1/runs", { headers: { authorization: `Bearer ${key}` } });
    expect([reply.status, reply.body.code]).toEqual([401, "unauthenticated"]);
  }
});

test("the key is taken from X-API-Key too, and as Basic password by downloads only", async () => {
  const header = await api.app.inject({ url: "/v1/runs", headers: { "x-api-key": api.keys.observer } });
  expect(header.statusCode).toBe(200);
  const basic = { authorization: `Basic ${Buffer.from(`git:${api.keys.observer}`).toString("base64")}` };
  const download = await api.app.inject({ url: `/v1/runs/${ABSENT}/software.tar.gz`, headers: basic });
  expect(download.json().code).toBe("not_found");
  const list = await api.app.inject({ url: "/v1/runs", headers: basic });
  expect(list.json().code).toBe("unauthenticated");
  const nul = { authorization: `Basic ${Buffer.from("git:\u0000").toString("base64")}` };
  const odd = await api.app.inject({ url: `/v1/runs/${ABSENT}/software.tar.gz`, headers: nul });
  expect(odd.json().code).toBe("unauthenticated");
});

test("a service key, which could be an agent's, never reads the acceptance suite and never acts", async () => {
  const headers = { authorization: `Bearer ${api.keys.service}` };
  const before = await countRows(api.db);
  expect((await api.get(`/v1/runs/${ABSENT}/suite`, { headers })).status).toBe(403);
  const act = { action: "stop_all", reason: "not allowed" };
  expect((await api.post("/v1/director/actions", act, { headers })).status).toBe(403);
  expect(await countRows(api.db)).toEqual(before);
});
