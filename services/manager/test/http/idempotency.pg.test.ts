import { createLog } from "@aura/shared/log";
import { createTestRuntime, MANAGER } from "@aura/shared/testing/factories";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildApp } from "../../src/app.ts";
import { ManagerVerbs } from "../../src/db/orchestration-verbs.ts";
import { type ApiUnderTest, addKey, apiUnderTest, FACTS, type Reply } from "./api-under-test.ts";

let api: ApiUnderTest;
beforeAll(async () => {
  api = await apiUnderTest();
  await createTestRuntime(api.db, ["openai"]);
  const price = { provider: "openai", model: "priced", input_usd: "1", output_usd: "1", source: "test" };
  await new ManagerVerbs(MANAGER.actor_id, MANAGER.term).setModelPrices(api.db.pools.manager, [price]);
});
afterAll(() => api.close());

const keyed = (url: string, key: string, body: unknown): Promise<Reply> =>
  api.post(url, body, { headers: { "idempotency-key": key } });

const runOf = (title: string) => ({ project: "keys", model: "priced", prd: { title, body: `# ${title}\n\nIt adds.` } });

async function countRuns(title: string): Promise<number> {
  const { rows } = await api.db.pools.admin.query("select from orchestra_runs where title = $1", [title]);
  return rows.length;
}

/** Puts the request of a key back to where a process that died before it stored the reply leaves it. */
async function forgetReply(key: string, ago: string): Promise<void> {
  const { rowCount } = await api.db.pools.admin.query(
    "update idempotent_replies set status = null, reply = null, created_at = now() - $2::interval where key = $1",
    [key, ago],
  );
  expect(rowCount).toBe(1);
}

test("the same key and body replays the stored reply, with its headers, and does nothing", async () => {
  const first = await keyed("/v1/runs", "replayed", runOf("replayed"));
  const again = await keyed("/v1/runs", "replayed", runOf("replayed"));
  expect([first.status, first.headers["idempotency-replayed"]]).toEqual([201, undefined]);
  expect([again.status, again.text]).toEqual([201, first.text]);
  expect(again.headers).toMatchObject({
    "idempotency-replayed": "true",
    location: first.headers.location,
    "content-type": first.headers["content-type"],
  });
  expect(again.headers["x-request-id"]).not.toBe(first.headers["x-request-id"]);
  expect(await countRuns("replayed")).toBe(1);
});

test.each([
  ["/v1/projects", { name: "once" }, 201],
  ["/v1/agents", { slug: "once-agent", capabilities: ["review"], reason: "one more" }, 201],
  ["/v1/director/actions", { action: "stop_all", reason: "once" }, 201],
  ["/v1/director/actions", { action: "resume_all", reason: "once" }, 201],
  ["/v1/director/actions", { action: "pause", target_id: crypto.randomUUID(), reason: "no such run" }, 404],
])("POST %s %j under a key replies twice what it replied once", async (url, body, status) => {
  const key = JSON.stringify(body).replaceAll(" ", "_");
  const first = await keyed(url, key, body);
  const again = await keyed(url, key, body);
  expect([first.status, again.status]).toEqual([status, status]);
  expect(again.text).toBe(first.text);
  expect(again.headers["idempotency-replayed"]).toBe("true");
});

test("the same key with another body is refused and does nothing", async () => {
  await keyed("/v1/runs", "conflict", runOf("conflict"));
  const other = await keyed("/v1/runs", "conflict", runOf("conflicting"));
  expect([other.status, other.body.code]).toEqual([422, "idempotency_conflict"]);
  expect(await countRuns("conflicting")).toBe(0);
});

test("a key belongs to its caller and its operation", async () => {
  await keyed("/v1/projects", "own", { name: "own" });
  const run = await keyed("/v1/runs", "own", runOf("own"));
  const second = await addKey(api.db, "director", "valid");
  const headers = { "idempotency-key": "own", authorization: `Bearer ${second}` };
  const elsewhere = await api.post("/v1/projects", { name: "elsewhere" }, { headers });
  expect([run.status, elsewhere.status]).toEqual([201, 201]);
});

test("while the first request is at work the second is told to wait", async () => {
  await keyed("/v1/projects", "running", { name: "running" });
  await forgetReply("running", "1 second");
  const reply = await keyed("/v1/projects", "running", { name: "running" });
  expect([reply.status, reply.body.code, reply.body.retryable]).toEqual([409, "idempotency_running", true]);
});

test("of many at once one starts the run, and the others replay it or are told to wait", async () => {
  const replies = await Promise.all(Array.from({ length: 6 }, () => keyed("/v1/runs", "at-once", runOf("at once"))));
  const made = replies.filter(({ status }) => status === 201);
  expect(made.length).toBeGreaterThan(0);
  expect(new Set(made.map(({ body }) => body.id)).size).toBe(1);
  for (const { status, body } of replies) if (status !== 201) expect(body.code).toBe("idempotency_running");
  expect(await countRuns("at once")).toBe(1);
});

test("after a crash between the effect and its stored reply the repeated request finds the same run", async () => {
  const first = await keyed("/v1/runs", "crashed", runOf("crashed"));
  await forgetReply("crashed", "3 minutes");
  const again = await keyed("/v1/runs", "crashed", runOf("crashed"));
  expect([again.status, again.body.id]).toEqual([201, first.body.id]);
  expect(await countRuns("crashed")).toBe(1);
});

test("after such a crash the repeated request finds the same agent", async () => {
  const agent = { slug: "crashed-agent", capabilities: ["review"], reason: "one more" };
  const first = await keyed("/v1/agents", "crashed-agent", agent);
  await forgetReply("crashed-agent", "3 minutes");
  expect((await keyed("/v1/agents", "crashed-agent", agent)).body).toEqual(first.body);
});

test("after such a crash the repeated request finds the same project", async () => {
  const first = await keyed("/v1/projects", "crashed-project", { name: "crashed" });
  await forgetReply("crashed-project", "3 minutes");
  expect((await keyed("/v1/projects", "crashed-project", { name: "crashed" })).body).toEqual(first.body);
  expect((await keyed("/v1/projects", "another-project", { name: "crashed" })).body.code).toBe("name_taken");
});

describe("a Director's action whose reply was lost", () => {
  const actions = async () => (await api.db.pools.admin.query("select id from director_actions")).rows.length;

  test("is not done again: the reply is the record of the first time, and says so", async () => {
    const { body: run } = await keyed("/v1/runs", "to-pause", runOf("to pause"));
    const pause = { action: "pause", target_id: run.id, reason: "hold on" };
    const first = await keyed("/v1/director/actions", "lost-pause", pause);
    await api.post("/v1/director/actions", { ...pause, action: "resume" });
    const before = await actions();
    await forgetReply("lost-pause", "3 minutes");
    const again = await keyed("/v1/director/actions", "lost-pause", pause);
    expect([again.status, again.text]).toEqual([201, first.text]);
    expect([first, again].map(({ headers }) => headers["idempotency-replayed"])).toEqual([undefined, "true"]);
    expect(await actions()).toBe(before);
    expect((await api.get(`/v1/runs/${run.id}`)).body.paused_at).toBeNull();
    const third = await keyed("/v1/director/actions", "lost-pause", pause);
    expect([third.status, third.text, third.headers["idempotency-replayed"]]).toEqual([201, first.text, "true"]);
  });

  test("stays refused where it was refused, though it would be possible by now", async () => {
    const { body: run } = await keyed("/v1/runs", "to-resume", runOf("to resume"));
    const resume = { action: "resume", target_id: run.id, reason: "go on" };
    const first = await keyed("/v1/director/actions", "lost-resume", resume);
    await api.post("/v1/director/actions", { ...resume, action: "pause" });
    await forgetReply("lost-resume", "3 minutes");
    const again = await keyed("/v1/director/actions", "lost-resume", resume);
    const told = ({ status, body }: Reply) => [status, body.code, body.detail];
    expect(told(again)).toEqual(told(first));
    expect(told(again)).toEqual([409, "illegal_transition", "the run is not paused"]);
    expect(again.headers["idempotency-replayed"]).toBe("true");
    expect((await api.get(`/v1/runs/${run.id}`)).body.paused_at).not.toBeNull();
  });
});

test("a failure of ours frees the key", async () => {
  const broken = await buildApp({
    pool: api.db.pools.manager,
    observer: api.db.pools.observer,
    log: createLog("manager-under-test", "silent"),
    facts: { ...FACTS, budget_usd: "no number" },
  });
  const headers = { authorization: `Bearer ${api.keys.director}`, "idempotency-key": "freed" };
  const failed = await broken.inject({ method: "POST", url: "/v1/runs", headers, payload: runOf("freed") });
  await broken.close();
  expect(failed.statusCode).toBe(500);
  expect((await keyed("/v1/runs", "freed", runOf("freed"))).status).toBe(201);
});

test("a malformed request takes no key, and a malformed key is refused", async () => {
  expect((await keyed("/v1/projects", "mended", { name: "" })).status).toBe(400);
  expect((await keyed("/v1/projects", "mended", { name: "mended" })).status).toBe(201);
  for (const key of ["", "a b", "x".repeat(201)]) {
    const reply = await keyed("/v1/projects", key, { name: `key ${key.length}` });
    expect([key, reply.status, reply.body.issues?.[0]?.path]).toEqual([key, 400, "header.idempotency-key"]);
  }
});
