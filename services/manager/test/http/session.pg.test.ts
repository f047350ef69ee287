import { afterAll, beforeAll, expect, test } from "vitest";
import { openSessions } from "../../src/http/sessions.ts";
import { type ApiUnderTest, addKey, apiUnderTest } from "./api-under-test.ts";

const HOST = { host: "aura.test" };
const OWN = { ...HOST, "x-aura-request": "1" };
const STOP = { action: "stop_all", reason: "only from our own page" };

let api: ApiUnderTest;
beforeAll(async () => {
  api = await apiUnderTest();
});
afterAll(() => api.close());

async function logIn(key: string) {
  const reply = await api.app.inject({ method: "POST", url: "/v1/session", payload: { key } });
  const cookie = String(reply.headers["set-cookie"] ?? "");
  return { reply, cookie, headers: { cookie: cookie.split(";")[0] ?? "" } };
}

const act = (headers: Record<string, string>) =>
  api.app.inject({ method: "POST", url: "/v1/director/actions", headers, payload: STOP });

test("a key becomes a cookie that no script reads, no other site sends, and that does not hold the key in clear", async () => {
  const { reply, cookie, headers } = await logIn(api.keys.director);
  expect(reply.statusCode).toBe(201);
  expect(reply.json()).toMatchObject({ role: "director" });
  expect(cookie).toMatch(/; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/);
  const sealed = headers.cookie.split("=")[1] ?? "";
  for (const text of [cookie, Buffer.from(sealed, "base64url").toString("latin1")])
    expect(text).not.toContain(api.keys.director);
  const who = await api.app.inject({ url: "/v1/session", headers });
  expect(who.json()).toEqual(reply.json());
  expect((await api.app.inject({ url: "/v1/runs", headers })).statusCode).toBe(200);
});

test("a wrong key gets no cookie, and the answer does not say what was wrong with it", async () => {
  for (const key of [
    "nobody's",
    await addKey(api.db, "director", "revoked"),
    await addKey(api.db, "director", "expired"),
  ]) {
    const { reply, cookie } = await logIn(key);
    expect([reply.statusCode, reply.json().code, cookie]).toEqual([401, "unauthenticated", ""]);
  }
});

test("a session changes something only from our own page; a form of another origin is refused", async () => {
  const { headers } = await logIn(api.keys.director);
  const form = await api.app.inject({
    method: "POST",
    url: "/v1/director/actions",
    headers: { ...HOST, ...headers, origin: "https://evil.test", "content-type": "application/x-www-form-urlencoded" },
    payload: "action=stop_all&reason=because",
  });
  const refused = [
    form,
    await act({ ...HOST, ...headers }),
    await act({ ...OWN, ...headers, origin: "https://evil.test" }),
    await act({ ...OWN, ...headers, origin: "null" }),
  ];
  for (const reply of refused) expect([reply.statusCode, reply.json().code]).toEqual([403, "foreign_request"]);
  const actions = () => api.db.pools.admin.query("select from director_actions where action = 'stop_all'");
  expect((await actions()).rowCount).toBe(0);
  expect((await act({ ...OWN, ...headers, origin: "http://aura.test" })).statusCode).toBe(201);
  expect((await actions()).rowCount).toBe(1);
});

test("a session has its key's role and ends with its key", async () => {
  const observer = await logIn(api.keys.observer);
  expect((await act({ ...OWN, ...observer.headers })).json().code).toBe("forbidden");
  const key = await addKey(api.db, "director");
  const { headers } = await logIn(key);
  expect((await api.app.inject({ url: "/v1/runs", headers })).statusCode).toBe(200);
  await api.db.pools.admin.query("update api_keys set revoked_at = now() where key_sha256 = sha256($1::bytea)", [
    Buffer.from(key),
  ]);
  expect((await api.app.inject({ url: "/v1/runs", headers })).statusCode).toBe(401);
});

test("an altered cookie, one of another process, one in pieces and none are refused alike", async () => {
  const { headers } = await logIn(api.keys.director);
  const foreign = openSessions(false).begin(api.keys.director).cookie.split(";")[0] ?? "";
  const flipped = headers.cookie.replace(/(?<=^.{60})./, (sign) => (sign === "A" ? "B" : "A"));
  for (const cookie of [
    `${headers.cookie}; ${headers.cookie}`,
    flipped,
    foreign,
    "aura_session=AAAA",
    "aura_session=",
    "other=1",
  ]) {
    const reply = await api.app.inject({ url: "/v1/runs", headers: { cookie } });
    expect([cookie.length, reply.statusCode]).toEqual([cookie.length, 401]);
  }
});

test("a session is over after twelve hours, and logging out makes the browser forget it", async () => {
  let now = Date.parse("2030-01-01T00:00:00Z");
  const sessions = openSessions(true, () => now);
  const { cookie } = sessions.begin("a key");
  expect(cookie).toMatch(/; Secure$/);
  const request = { headers: { cookie: cookie.split(";")[0] } } as never;
  now += 12 * 3_600_000 - 1;
  expect(sessions.open(request)?.key).toBe("a key");
  now += 1;
  expect(sessions.open(request)).toBeNull();
  const out = await api.app.inject({ method: "DELETE", url: "/v1/session" });
  expect([out.statusCode, out.headers["set-cookie"]]).toEqual([
    200,
    "aura_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict",
  ]);
});

test("a browser of the page is never offered Basic, other clients are", async () => {
  const url = "/v1/runs/019abc00-0000-7000-8000-00000000abcd/software.tar.gz";
  expect((await api.app.inject({ url })).headers["www-authenticate"]).toContain("Basic");
  expect((await api.app.inject({ url, headers: OWN })).headers["www-authenticate"]).toBe('Bearer realm="aura"');
});
