import { createLog } from "@aura/shared/log";
import { AuditEvent } from "@aura/shared/schemas/api/audit-event";
import { createTestRun } from "@aura/shared/testing/factories";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildApp } from "../../src/app.ts";
import { type ApiUnderTest, addKey, apiUnderTest, FACTS } from "./api-under-test.ts";

let api: ApiUnderTest;
let origin: string;
beforeAll(async () => {
  api = await apiUnderTest();
  origin = await api.app.listen({ port: 0, host: "127.0.0.1" });
});
afterAll(() => api.close());

/** Numbers all that was committed. A transaction that other tests hold open, in whatever database, keeps events back. */
async function numberAll(): Promise<void> {
  const { rows } = await api.db.pools.admin.query<{ n: number }>("select count(*)::int as n from audit_events");
  const numbered = async () => {
    const answer = await api.db.pools.auditor.query("select size::int as size from number_events(1000)");
    return answer.rows[0].size;
  };
  await expect.poll(numbered, { timeout: 50_000 }).toBeGreaterThanOrEqual(rows[0]?.n ?? 0);
}

interface Stream {
  /** The next `n` events; fails when they do not come within 30 s. */
  take(n: number): Promise<AuditEvent[]>;
  close(): Promise<void>;
  readonly raw: () => string;
}

async function open(query: string, headers: Record<string, string> = {}): Promise<Stream> {
  const end = new AbortController();
  const reply = await fetch(`${origin}/v1/events${query}`, {
    headers: { authorization: `Bearer ${api.keys.observer}`, ...headers },
    signal: end.signal,
  });
  expect([reply.status, reply.headers.get("content-type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
  const reader = reply.body?.getReader();
  let text = "";
  let taken = 0;
  const events = () =>
    [...text.matchAll(/^id: (\d+)\ndata: (.*)\n\n/gm)].map(([, id, data]) => {
      const event = AuditEvent.parse(JSON.parse(data ?? ""));
      expect(event.seq).toBe(Number(id));
      return event;
    });
  return {
    raw: () => text,
    async take(n) {
      const timer = setTimeout(() => end.abort(), 30_000);
      while (events().length < taken + n) text += new TextDecoder().decode((await reader?.read())?.value);
      clearTimeout(timer);
      taken += n;
      return events().slice(taken - n, taken);
    },
    close: async () => end.abort(),
  };
}

test("events come live, in the order of the log, without a gap", async () => {
  const stream = await open("");
  await createTestRun(api.db);
  await numberAll();
  const events = await stream.take(3);
  const seqs = events.map(({ seq }) => seq ?? -1);
  expect(seqs).toEqual([0, 1, 2].map((step) => (seqs[0] ?? 0) + step));
  await stream.close();
});

test("a client resumes after the last event it saw, and gets every later one once", async () => {
  await createTestRun(api.db);
  await numberAll();
  const whole = await open("?after=-1");
  const all = await whole.take(6);
  await whole.close();
  expect(all.map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4, 5]);
  const resumed = await open("", { "last-event-id": "2" });
  expect(await resumed.take(3)).toEqual(all.slice(3));
  await resumed.close();
});

test("run_id and types choose, and a subject with .* stands for all its types", async () => {
  const [run, other] = [await createTestRun(api.db), await createTestRun(api.db)];
  await numberAll();
  const stream = await open(`?after=-1&run_id=${run.run_id}&types=run.created,task.*`);
  const events = await stream.take(2);
  expect(events.map(({ event_type }) => event_type).sort()).toEqual(["run.created", "task.created"]);
  expect(new Set(events.map(({ run_id }) => run_id))).toEqual(new Set([run.run_id]));
  expect(stream.raw()).not.toContain(other.run_id);
  await stream.close();
});

test("a position beyond the log, from another database, is told to read its state again", async () => {
  const stream = await open("", { "last-event-id": "999999999" });
  await createTestRun(api.db);
  await numberAll();
  await stream.take(1);
  expect(stream.raw()).toMatch(/^event: reset\n/);
  await stream.close();
});

test("an unnumbered event is not sent before it has its place", async () => {
  await numberAll();
  const stream = await open("");
  const { run_id } = await createTestRun(api.db);
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(stream.raw()).not.toContain(run_id);
  await numberAll();
  expect((await stream.take(1))[0]?.seq).toBeGreaterThan(0);
  await stream.close();
});

test("closing the app ends every stream", async () => {
  const own = await apiUnderTest();
  const address = await own.app.listen({ port: 0, host: "127.0.0.1" });
  const reply = await fetch(`${address}/v1/events`, { headers: { authorization: `Bearer ${own.keys.director}` } });
  const ended = reply.text();
  await own.close();
  expect(await ended).toBe(": open\n\n");
});

test("a key that was revoked while its stream was open ends the stream", async () => {
  const { manager: pool, observer } = api.db.pools;
  const app = await buildApp({
    pool,
    observer,
    log: createLog("test", "silent"),
    facts: FACTS,
    event_heartbeat_ms: 50,
  });
  const address = await app.listen({ port: 0, host: "127.0.0.1" });
  try {
    const key = await addKey(api.db, "observer");
    const reply = await fetch(`${address}/v1/events`, { headers: { authorization: `Bearer ${key}` } });
    expect(reply.status).toBe(200);
    const ended = reply.text();
    await api.db.pools.admin.query(
      "update api_keys set revoked_at = now() where key_sha256 = sha256(convert_to($1, 'UTF8'))",
      [key],
    );
    expect(await ended).toMatch(/^: open\n\n/);
  } finally {
    await app.close();
  }
});

test("no more streams are open at once than are allowed, however fast they are asked for", async () => {
  const own = await apiUnderTest();
  const address = await own.app.listen({ port: 0, host: "127.0.0.1" });
  const end = new AbortController();
  const ask = (key: string, last?: string) =>
    fetch(`${address}/v1/events`, {
      headers: { authorization: `Bearer ${key}`, ...(last === undefined ? {} : { "last-event-id": last }) },
      signal: end.signal,
    });
  const askAtOnce = async (key: string, times: number) => {
    const replies = await Promise.all(Array.from({ length: times }, () => ask(key)));
    return [200, 429].map((wanted) => replies.filter(({ status }) => status === wanted).length);
  };
  try {
    expect(await askAtOnce(own.keys.observer, 80)).toEqual([50, 30]);
    expect(await askAtOnce(own.keys.service, 40)).toEqual([40, 0]); // one key leaves room for another
    expect(await askAtOnce(own.keys.director, 20)).toEqual([10, 10]);
    expect((await ask(own.keys.director, "x")).status).toBe(429);
  } finally {
    end.abort();
    await own.close();
  }
});
