import { createLog } from "@aura/shared/log";
import { Problem } from "@aura/shared/schemas/api/conventions";
import type { Operation } from "@aura/shared/schemas/api/operation";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { FastifyInstance, InjectOptions } from "fastify";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { buildApp } from "../../src/app.ts";
import type { RateLimitFacts } from "../../src/http/rate-limits.ts";
import { type ApiUnderTest, addKey, apiUnderTest, FACTS } from "./api-under-test.ts";

const ABSENT = "019abc00-0000-7000-8000-00000000abcd";
const MANY = 1_000_000;
const LIMITS: RateLimitFacts = { calls: MANY, heavy_calls: MANY, anonymous_calls: MANY, key_attempts: MANY };
const operations: readonly Operation[] = Object.values(OPERATIONS);

let api: ApiUnderTest;
const apps: FastifyInstance[] = [];
beforeAll(async () => {
  api = await apiUnderTest();
});
afterEach(async () => {
  vi.useRealTimers();
  for (const app of apps.splice(0)) await app.close();
});
afterAll(() => api.close());

/** The real app, with nothing counted yet. */
async function appWith(limits: Partial<RateLimitFacts>, trusted_proxies: readonly string[] = []) {
  const { manager: pool, observer } = api.db.pools;
  const facts = { ...FACTS, rate_limits: { ...LIMITS, ...limits }, trusted_proxies };
  const app = await buildApp({ pool, observer, log: createLog("test", "silent"), facts });
  apps.push(app);
  return app;
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

async function statuses(app: FastifyInstance, times: number, options: InjectOptions | ((n: number) => InjectOptions)) {
  const seen: number[] = [];
  for (let n = 0; n < times; n += 1)
    seen.push((await app.inject(typeof options === "function" ? options(n) : options)).statusCode);
  return seen;
}

function requestTo({ method, path }: Operation, key: string | null): InjectOptions {
  const url = path.replace(/:[a-z_]+/g, ABSENT).replace("*", "a.txt");
  return {
    method,
    url,
    headers: key === null ? {} : bearer(key),
    ...(method === "POST" ? { payload: {} } : {}),
  };
}

describe("every operation refuses the call after the last one allowed", () => {
  test("of a key, whichever operation used it up", async () => {
    for (const operation of operations.filter(({ access }) => access !== "public")) {
      const app = await appWith({ calls: 1 });
      expect((await app.inject({ url: "/v1/session", headers: bearer(api.keys.director) })).statusCode).toBe(200);
      const reply = await app.inject(requestTo(operation, api.keys.director));
      expect([operation.id, reply.statusCode, reply.json().code]).toEqual([operation.id, 429, "rate_limited"]);
      await app.close();
    }
  });

  test("of an address, where no key is needed; health is never refused", async () => {
    for (const operation of operations.filter(({ access }) => access === "public")) {
      const app = await appWith({ anonymous_calls: 1 });
      expect((await app.inject("/version")).statusCode).toBe(200);
      const reply = await app.inject(requestTo(operation, null));
      expect([operation.id, reply.statusCode]).toEqual([operation.id, operation.id === "getHealth" ? 200 : 429]);
      await app.close();
    }
  });

  test("the page, its files, the documentation, and what is not there", async () => {
    const app = await appWith({ anonymous_calls: 1 });
    await app.inject("/version");
    for (const url of ["/", "/favicon.svg", "/assets/a.js", "/docs", "/docs/json", "/nowhere"])
      expect([url, (await app.inject(url)).statusCode]).toEqual([url, 429]);
  });

  test("what is dear has a limit of its own, which leaves the key its other calls", async () => {
    for (const operation of operations.filter(({ rate }) => rate === "heavy")) {
      const app = await appWith({ heavy_calls: 1 });
      const [first, second] = await statuses(app, 2, requestTo(operation, api.keys.director));
      expect([operation.id, first === 429, second]).toEqual([operation.id, false, 429]);
      expect(await statuses(app, 2, { url: "/v1/runs", headers: bearer(api.keys.director) })).toEqual([200, 200]);
      await app.close();
    }
    expect(operations.filter(({ rate }) => rate === "heavy").map(({ id }) => id)).toEqual(
      expect.arrayContaining(["startRun", "downloadSoftware", "downloadSoftwareZip", "getGitRefs", "uploadGitPack"]),
    );
  });
});

test("a refusal says what it is, and when to come again; then the call goes through", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  const app = await appWith({ calls: 2 });
  const call = () => app.inject({ url: "/v1/runs", headers: bearer(api.keys.observer) });
  const first = await call();
  expect(first.headers["ratelimit-policy"]).toBe('"key-attempts";q=1000000;w=60, "calls";q=2;w=60');
  expect(first.headers.ratelimit).toContain('"calls";r=1;t=60');
  vi.advanceTimersByTime(20_000);
  expect((await call()).headers.ratelimit).toBe('"calls";r=0;t=40');
  const refused = await call();
  expect(refused.statusCode).toBe(429);
  expect(refused.headers["retry-after"]).toBe("40");
  expect(refused.headers["content-type"]).toContain("application/problem+json");
  const problem = Problem.parse(refused.json());
  expect(problem).toMatchObject({
    code: "rate_limited",
    retryable: true,
    hint: expect.stringContaining("Retry-After"),
  });
  vi.advanceTimersByTime(Number(refused.headers["retry-after"]) * 1000 - 1);
  expect((await call()).statusCode).toBe(429);
  vi.advanceTimersByTime(1);
  expect((await call()).statusCode).toBe(200);
});

test("the flood of one key is counted by the key, from whatever address, and hurts no other key", async () => {
  const app = await appWith({ calls: 3, heavy_calls: 1 });
  const flood = await statuses(app, 6, (n) => ({
    url: "/v1/runs",
    headers: bearer(api.keys.observer),
    remoteAddress: `10.0.0.${n}`,
  }));
  expect(flood).toEqual([200, 200, 200, 429, 429, 429]);
  expect(await statuses(app, 3, { url: "/v1/runs", headers: bearer(api.keys.director) })).toEqual([200, 200, 200]);
});

test("a key over its limit is refused before the database is asked", async () => {
  const asked = vi.spyOn(api.db.pools.manager, "query");
  try {
    const app = await appWith({ calls: 1 });
    await app.inject({ url: "/v1/session", headers: bearer(api.keys.observer) });
    asked.mockClear();
    expect(await statuses(app, 5, { url: "/v1/session", headers: bearer(api.keys.observer) })).toEqual(
      Array(5).fill(429),
    );
    expect(asked).not.toHaveBeenCalled();
  } finally {
    asked.mockRestore();
  }
});

describe("guesses of keys", () => {
  const guess = (n: number): InjectOptions => ({ url: "/v1/runs", headers: bearer(`guess ${n}`) });
  const logIn = (key: string): InjectOptions => ({ method: "POST", url: "/v1/session", payload: { key } });

  test("are few for an address, be they shown in a header or to the login, one by one or at once", async () => {
    const app = await appWith({ key_attempts: 4 });
    expect(await statuses(app, 2, guess)).toEqual([401, 401]);
    expect(await statuses(app, 4, (n) => logIn(`guess ${n}`))).toEqual([401, 401, 429, 429]);
    expect((await app.inject({ ...guess(9), remoteAddress: "10.1.1.1" })).statusCode).toBe(401);
    const fresh = await appWith({ key_attempts: 4 });
    const atOnce = await Promise.all(Array.from({ length: 12 }, (_, n) => fresh.inject(guess(n % 2))));
    expect(atOnce.filter(({ statusCode }) => statusCode === 401)).toHaveLength(4);
  });

  test("are not answered any more even when one is right, as long as the address has none left", async () => {
    const app = await appWith({ key_attempts: 3 });
    await statuses(app, 3, guess);
    expect(await statuses(app, 1, { url: "/v1/runs", headers: bearer(api.keys.director) })).toEqual([429]);
    expect(await statuses(app, 1, logIn(api.keys.director))).toEqual([429]);
  });

  test("do not shut out who is known already at the same address, nor do calls without a key", async () => {
    const app = await appWith({ key_attempts: 3, anonymous_calls: 3 });
    const known = { url: "/v1/runs", headers: bearer(api.keys.director) };
    expect((await app.inject(known)).statusCode).toBe(200);
    expect(await statuses(app, 4, guess)).toEqual([401, 401, 429, 429]);
    expect(await statuses(app, 5, { url: "/v1/runs" })).toEqual([401, 401, 401, 429, 429]);
    expect(await statuses(app, 10, known)).toEqual(Array(10).fill(200));
  });

  test("many first calls of one key at once are one attempt", async () => {
    const app = await appWith({ key_attempts: 1 });
    const known = { url: "/v1/runs", headers: bearer(api.keys.director) };
    const replies = await Promise.all(Array.from({ length: 20 }, () => app.inject(known)));
    expect(replies.map(({ statusCode }) => statusCode)).toEqual(Array(20).fill(200));
  });

  test("a key that is revoked is known no more", async () => {
    const app = await appWith({ key_attempts: 2 });
    const key = await addKey(api.db, "observer");
    const call = { url: "/v1/runs", headers: bearer(key) };
    expect((await app.inject(call)).statusCode).toBe(200);
    await api.db.pools.admin.query("update api_keys set revoked_at = now() where key_sha256 = sha256($1::bytea)", [
      Buffer.from(key),
    ]);
    expect(await statuses(app, 4, call)).toEqual([401, 401, 429, 429]);
  });
});

describe("an address", () => {
  const call = (remoteAddress: string, forwarded?: string): InjectOptions => ({
    url: "/version",
    remoteAddress,
    headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded },
  });

  test("is the socket's: X-Forwarded-For is believed of listed proxies only", async () => {
    const app = await appWith({ anonymous_calls: 2 });
    expect(await statuses(app, 3, (n) => call("10.0.0.1", `192.0.2.${n}`))).toEqual([200, 200, 429]);
    const behind = await appWith({ anonymous_calls: 2 }, ["10.0.0.0/8"]);
    expect(await statuses(behind, 3, (n) => call("10.0.0.1", `192.0.2.${n}`))).toEqual([200, 200, 200]);
    expect(await statuses(behind, 3, (n) => call("198.51.100.1", `192.0.2.${n}`))).toEqual([200, 200, 429]);
  });

  test("of IPv6 is its /64, which one host has to itself", async () => {
    const app = await appWith({ anonymous_calls: 2 });
    expect(await statuses(app, 3, (n) => call(`2001:db8:0:1::${n + 1}`))).toEqual([200, 200, 429]);
    expect((await app.inject(call("2001:db8:0:2::1"))).statusCode).toBe(200);
  });

  test("is forgotten when 10,000 others came since, so that many addresses cost no memory; keys are not", async () => {
    const app = await appWith({ anonymous_calls: 1, calls: 1 });
    const key = { url: "/v1/session", headers: bearer(api.keys.observer) };
    expect(await statuses(app, 2, key)).toEqual([200, 429]);
    expect(await statuses(app, 2, call("10.9.9.9"))).toEqual([200, 429]);
    const others = (n: number) => call(`10.0.${n >> 8}.${n & 255}`);
    for (let n = 0; n < 10_000; n += 500)
      await Promise.all(Array.from({ length: 500 }, (_, k) => app.inject(others(n + k))));
    expect((await app.inject(call("10.9.9.9"))).statusCode).toBe(200);
    expect(await statuses(app, 1, key)).toEqual([429]);
  });
});
