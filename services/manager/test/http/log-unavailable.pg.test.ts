import { createLog } from "@aura/shared/log";
import { createPool } from "@aura/shared/postgres/client";
import { createTestRun, createTestRuntime, MANAGER, type TestRun } from "@aura/shared/testing/factories";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { buildApp } from "../../src/app.ts";
import { ManagerVerbs } from "../../src/db/orchestration-verbs.ts";
import { runLoop, Waker } from "../../src/orchestration/loop.ts";
import { RepeatedFailures } from "../../src/orchestration/repeated-failures.ts";
import { STEPS } from "../../src/orchestration/steps/all.ts";
import { type ApiUnderTest, apiUnderTest, countRows, FACTS } from "./api-under-test.ts";

const LOCK_MS = 150;

let api: ApiUnderTest;
let run: TestRun;
beforeAll(async () => {
  api = await apiUnderTest();
  await createTestRuntime(api.db, ["replay", "openai"]);
  const price = { provider: "openai", model: "priced", input_usd: "1", output_usd: "1", source: "test" };
  await new ManagerVerbs(MANAGER.actor_id, MANAGER.term).setModelPrices(api.db.pools.manager, [price]);
  run = await createTestRun(api.db);
});
afterAll(() => api.close());

/** As a superuser who passes every guard by. */
async function unguarded(statement: string): Promise<void> {
  const client = await api.db.pools.admin.connect();
  await client.query(`begin; set local session_replication_role = replica; ${statement}; commit`);
  client.release();
}

const raising = (errcode: string) => ({
  begin: () =>
    unguarded(`create function public.no_log() returns trigger language plpgsql as $$ begin raise 'no' using errcode = '${errcode}'; end $$;
               create trigger no_log before insert on audit_events for each statement execute function no_log()`),
  end: () => unguarded("drop trigger no_log on audit_events; drop function no_log()"),
});

/** Holds the table as a transaction does that somebody forgot. */
function locked() {
  let end = async () => {};
  return {
    begin: async () => {
      const client = await api.db.pools.admin.connect();
      await client.query("begin; lock table audit_events in share row exclusive mode");
      end = async () => {
        await client.query("rollback");
        client.release();
      };
    },
    end: () => end(),
  };
}

const ofDatabase = "alter role aura_manager in database";
const database = async () =>
  (await api.db.pools.admin.query<{ name: string }>("select current_database() as name")).rows[0]?.name;
const readOnly = {
  begin: async () => unguarded(`${ofDatabase} ${await database()} set default_transaction_read_only = on`),
  end: async () => unguarded(`${ofDatabase} ${await database()} reset default_transaction_read_only`),
};

const failing = (constraint: string) => ({
  begin: () => unguarded(`alter table audit_events add constraint no_log check (${constraint}) not valid`),
  end: () => unguarded("alter table audit_events drop constraint no_log"),
});

const SITUATIONS: readonly [string, { begin: () => Promise<void>; end: () => Promise<void> }][] = [
  ["the disk is full", raising("53100")],
  ["a trigger of the log raises", raising("P0001")],
  ["a constraint of the log refuses", failing("false")],
  ["somebody holds the log locked", locked()],
  ["the server only reads", readOnly],
];

/** The API over connections of its own, made now. */
async function freshApp(): Promise<FastifyInstance> {
  const pool = createPool(api.db.urls.manager, "manager-under-test", 4, { lockMs: LOCK_MS });
  const app = await buildApp({ pool, observer: api.db.pools.observer, log: createLog("test", "silent"), facts: FACTS });
  onTestFinished(async () => {
    await app.close();
    await pool.end();
  });
  return app;
}

const mutations = (name: string): [string, object][] => [
  [
    "/v1/runs",
    { project: name, model: "priced", provider: "openai", prd: { title: name, body: "# Sums\n\nIt adds." } },
  ],
  ["/v1/projects", { name: `${name} project` }],
  ["/v1/director/actions", { action: "pause", target_id: run.run_id, reason: "to look at it" }],
  ["/v1/director/actions", { action: "stop_all", reason: "to look at it" }],
  ["/v1/agents", { slug: "one-more", capabilities: ["review"], reason: "one more" }],
  ["/v1/keys", { name: "one more", role: "observer", key_sha256: "cd".repeat(32), reason: "one more" }],
];

/** What the mutations would change. */
async function state() {
  const { rows } = await api.db.pools.admin.query(
    `select (select paused_at from orchestra_runs where id = $1) as paused, (select stopped_at from system_state) as stopped,
            (select count(*) from api_keys) as keys, (select count(*) from director_actions) as actions,
            (select count(*) from audit_events) as events`,
    [run.run_id],
  );
  return { ...rows[0], ...(await countRows(api.db)) };
}

test.each(SITUATIONS)(
  "while %s, every mutation is refused with the reason, and nothing is changed",
  async (name, { begin, end }) => {
    const app = await freshAppAfter(begin);
    try {
      const before = await state();
      for (const [url, payload] of mutations(name)) {
        const headers = { authorization: `Bearer ${api.keys.director}` };
        const reply = await app.inject({ method: "POST", url, payload, headers });
        expect([url, reply.statusCode, reply.json().code]).toEqual([url, 503, "log_unavailable"]);
        expect(reply.json()).toMatchObject({ retryable: true, detail: expect.any(String), hint: expect.any(String) });
        expect(reply.headers["retry-after"]).toBeDefined();
      }
      expect(await state()).toEqual(before);
    } finally {
      await end();
    }
    const again = await freshApp();
    const reply = await again.inject({
      method: "POST",
      url: "/v1/projects",
      payload: { name: `${name} project` },
      headers: { authorization: `Bearer ${api.keys.director}` },
    });
    expect(reply.statusCode).toBe(201);
  },
);

async function freshAppAfter(begin: () => Promise<void>): Promise<FastifyInstance> {
  await begin();
  return freshApp();
}

test("the loop moves nothing while the log cannot be written, and goes on by itself once it can", async () => {
  const statusOf = async () => {
    const { rows } = await api.db.pools.admin.query("select status from task_queue where id = $1", [run.first_task_id]);
    return rows[0]?.status;
  };
  const full = raising("53100");
  await full.begin();
  const pool = createPool(api.db.urls.manager, "loop-under-test", 4, { lockMs: LOCK_MS });
  const stop = new AbortController();
  let failed = 0;
  const log = createLog("test", "silent");
  log.error = () => {
    failed += 1;
  };
  const verbs = new ManagerVerbs(MANAGER.actor_id, MANAGER.term);
  const deps = { pool, verbs, log, failures: new RepeatedFailures() };
  const loop = runLoop(deps, STEPS, new Waker(), stop.signal);
  try {
    await expect.poll(() => failed, { timeout: 30_000 }).toBeGreaterThan(1);
    expect(await statusOf()).toBe("ready");
  } finally {
    await full.end();
  }
  await expect.poll(statusOf, { timeout: 30_000 }).toBe("assigned");
  stop.abort();
  await loop;
  await pool.end();
});
