import { once } from "node:events";
import type { Log } from "@aura/shared/log";
import { putJson } from "@aura/shared/postgres/blobs";
import { callVerb, callVerbRows } from "@aura/shared/postgres/verbs";
import { Semaphore } from "@aura/shared/semaphore";
import {
  addTestTask,
  agentId,
  allDone,
  assignAndAccept,
  createTestRun,
  createTestRuntime,
  MANAGER,
  type TestRun,
  type TestRuntime,
  taskStatus,
} from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { beatRuntime } from "../../src/db/runtime-statements.ts";
import { databaseDesk } from "../../src/execution/database-desk.ts";
import { Leases } from "../../src/execution/lease.ts";
import { AcceptLoop } from "../../src/loops/accept-loop.ts";
import { LEASE_S, startHeartbeat } from "../../src/loops/heartbeat-loop.ts";
import { keepOffers } from "../../src/loops/offer-loop.ts";
import { TaskBell } from "../../src/loops/task-bell.ts";
import { CircuitBreaker } from "../../src/providers/circuit-breaker.ts";
import { IMPLEMENT_CONTEXT, PLAN, PLAN_CONTEXT } from "../contexts.ts";
import { type Script, scriptedProvider } from "../scripted.ts";

const SILENT = { child: () => SILENT, warn() {}, info() {}, error() {}, debug() {} } as unknown as Log;
const SUBMIT: Script = [
  {
    calls: [
      { name: "write_file", arguments: { path: "words/a.py", content: "x = 1\n" } },
      { name: "run_check", arguments: { name: "run", arguments: ["-m", "words"] } },
    ],
  },
  { calls: [{ name: "give_up", arguments: { reason: "this is as far as it goes" } }] },
];

let db: TestDatabase;
let runtime: TestRuntime;
let run: TestRun;

beforeAll(async () => {
  db = await testDatabase();
  await db.pools.admin.query("update agents set max_concurrent = 16, provider = 'scripted', model = 'm'");
});
afterAll(() => db.close());
beforeEach(async () => {
  runtime = await createTestRuntime(db, ["scripted"]);
  run = await createTestRun(db, { provider: "scripted" });
  await callVerbRows(db.pools.manager, "set_model_prices", MANAGER, [
    { provider: "scripted", model: "*", input_usd: "1", output_usd: "10", source: "test" },
  ]);
});

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

function startLoop(script: Script) {
  const leases = new Leases(LEASE_S * 1000, 5_000);
  const bell = new TaskBell(db.pools.agent, SILENT);
  const provider = scriptedProvider(script);
  const host = { provider, breaker: new CircuitBreaker(), slots: new Semaphore(4) };
  const providers = new Map([["scripted", host]]);
  const loop = new AcceptLoop({
    db: db.pools.agent,
    runtimeId: runtime.runtime_id,
    token: runtime.token,
    capacity: 2,
    leases,
    bell,
    attempts: { providers, recorder: null, log: SILENT },
    log: SILENT,
  });
  loop.start();
  stops.push(async () => {
    const stopped = loop.stop();
    leases.abortAll("test over");
    await stopped;
  });
  return { loop, leases, provider };
}

async function assign(kind: "implement" | "plan", context: object): Promise<string> {
  const taskId = await addTestTask(db, run, { kind });
  const agent = await agentId(db, kind === "plan" ? "architect" : "developer-1");
  const hash = Buffer.from(await putJson(db.pools.manager, context), "hex");
  await allDone(callVerb(db.pools.manager, "assign_tasks", MANAGER, [taskId], [agent], [hash]));
  return taskId;
}

async function row(text: string, ...values: unknown[]): Promise<Record<string, unknown>> {
  const { rows } = await db.pools.admin.query(text, values);
  return rows[0] ?? {};
}

async function ended(taskId: string): Promise<Record<string, unknown>> {
  for (;;) {
    const attempt = await row("select * from task_attempts where task_id = $1 and outcome is not null", taskId);
    if (attempt.outcome !== undefined) return attempt;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe("an assigned task", () => {
  it("is accepted, worked on and handed in, its call paid, its lines written", async () => {
    const product = { toolchain: "python" };
    const taskId = await assign("plan", PLAN_CONTEXT);
    startLoop([{ calls: [{ name: "submit_plan", arguments: { ...product, self_confidence: 0.9 } }] }, { text: "hm" }]);
    const attempt = await ended(taskId);
    expect(attempt).toMatchObject({ outcome: "gave_up", outcome_code: "no_usable_reply" });
    expect(attempt.transcript_sha256).toBeInstanceOf(Buffer);
    const calls = await row(
      "select count(*) n, min(status) status, sum(usd) usd from model_calls where task_id = $1",
      taskId,
    );
    expect(calls).toEqual({ n: "5", status: "settled", usd: "0.040000" });
    const lines = await row(
      "select count(*) n from agent_activity_logs where task_id = $1 and message ~ 'asked scripted'",
      taskId,
    );
    expect(lines).toEqual({ n: "5" });
  });

  it("rings for the Manager when it is handed in", async () => {
    const taskId = await assign("plan", PLAN_CONTEXT);
    const manager = await db.pools.manager.connect();
    await manager.query("listen aura_tasks");
    const rung = once(manager, "notification");
    startLoop([{ calls: [{ name: "submit_plan", arguments: { ...PLAN, self_confidence: 0.9 } }] }]);
    await rung;
    expect(await taskStatus(db, taskId)).toBe("submitted");
    manager.release(true);
  });

  it("is submitted with its product and the agent's confidence", async () => {
    const taskId = await assign("plan", PLAN_CONTEXT);
    startLoop([{ calls: [{ name: "submit_plan", arguments: { ...PLAN, self_confidence: 0.9 } }] }]);
    const attempt = await ended(taskId);
    expect(attempt).toMatchObject({ outcome: "submitted", self_confidence: "0.900" });
    const body = await row(
      "select convert_from(body, 'UTF8') as text from blobs where sha256 = $1",
      attempt.product_sha256,
    );
    expect(JSON.parse(String(body.text))).toEqual(PLAN);
    expect(await taskStatus(db, taskId)).toBe("submitted");
  });

  it("gets the result of a check that it asked for", async () => {
    const taskId = await assign("implement", IMPLEMENT_CONTEXT);
    const { provider } = startLoop(SUBMIT);
    const result = { exit_code: 3, reason: "exit", stdout: "out", stderr: "", duration_ms: 1 };
    const stored = Buffer.from(await putJson(db.pools.auditor, result), "hex");
    for (let done = false; !done; ) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      const auditor = { ...MANAGER, actor_kind: "auditor" as const, actor_id: "auditor" };
      const { rows } = await db.pools.auditor.query<{ id: string }>(
        "select id from claim_sandbox_jobs($1, 'a', 5, 60)",
        [auditor],
      );
      for (const job of rows) await callVerb(db.pools.auditor, "finish_sandbox_jobs", auditor, "a", [job.id], [stored]);
      done = rows.length > 0;
    }
    expect(await ended(taskId)).toMatchObject({ outcome: "gave_up", outcome_code: "gave_up" });
    expect(String(provider.requests[1]?.messages.at(-1)?.content)).toContain("exit status 3");
  });

  it("whose budget is used up is held up before anything is asked", async () => {
    run = await createTestRun(db, { provider: "scripted", tokens_limit: 1_000 });
    const taskId = await assign("plan", PLAN_CONTEXT);
    const { provider } = startLoop([{ text: "hm" }]);
    expect(await ended(taskId)).toMatchObject({ outcome: "held_up", outcome_code: "budget_exhausted" });
    expect(provider.requests).toHaveLength(0);
  });

  it("whose provider this runtime does not have is held up", async () => {
    run = await createTestRun(db, { provider: "elsewhere" });
    const taskId = await assign("plan", PLAN_CONTEXT);
    startLoop([{ text: "hm" }]);
    expect(await ended(taskId)).toMatchObject({ outcome: "held_up", outcome_code: "provider_failed" });
  });
});

describe("a claim", () => {
  it("that was cancelled stops the work at the next beat, and its end is refused", async () => {
    const taskId = await addTestTask(db, run, { kind: "plan" });
    const claim = await assignAndAccept(db, runtime, taskId);
    const leases = new Leases(LEASE_S * 1000, 5_000);
    const signal = leases.hold(taskId, claim.claim_id, performance.now());
    const held = () => beatRuntime(db.pools.agent, runtime.token, leases.held, LEASE_S);
    expect(await held()).toEqual(new Set([taskId]));
    await allDone(callVerb(db.pools.manager, "cancel_tasks", MANAGER, [taskId], ["test"]));
    leases.renew(leases.held, await held(), performance.now());
    expect(signal.aborted).toBe(true);
    const proof = {
      agent_id: await agentId(db, "architect"),
      token: runtime.token,
      task_id: taskId,
      claim_id: claim.claim_id,
    };
    const desk = databaseDesk(db.pools.agent, proof, new AbortController().signal);
    const [hash] = await desk.putBlobs([{ body: Buffer.from("{}"), media_type: "application/json" }]);
    expect(await desk.submit(hash as Buffer, hash as Buffer, 0.5)).toMatchObject({ done: false, code: "stale_claim" });
  });

  it("cannot be used by another runtime", async () => {
    const taskId = await addTestTask(db, run, { kind: "plan" });
    const claim = await assignAndAccept(db, runtime, taskId);
    const other = await createTestRuntime(db, ["scripted"]);
    const proof = {
      agent_id: await agentId(db, "architect"),
      token: other.token,
      task_id: taskId,
      claim_id: claim.claim_id,
    };
    const desk = databaseDesk(db.pools.agent, proof, new AbortController().signal);
    const [hash] = await desk.putBlobs([{ body: Buffer.from("{}"), media_type: "application/json" }]);
    expect(await desk.end("gave_up", "x", "y", hash as Buffer)).toMatchObject({ done: false, code: "wrong_runtime" });
  });
});

describe("a runtime", () => {
  it("that the database has forgotten registers again with the same token", async () => {
    const facts = { name: "forgotten", token: "t".repeat(40), capacity: 1, providers: ["scripted"] };
    const heartbeat = startHeartbeat(db.pools.agent, facts, new Leases(45_000, 5_000), SILENT);
    const known = () => row("select count(*) n from agent_runtimes where name = 'forgotten'");
    while ((await known()).n !== "1") await new Promise((resolve) => setTimeout(resolve, 50));
    heartbeat.stop();
  });
});

describe("what a runtime offers", () => {
  it("is registered anew when a provider comes or goes", async () => {
    const facts = { name: "test", token: runtime.token, capacity: 2, providers: ["replay"] };
    let there = ["ollama", "replay"];
    const offers = keepOffers(db.pools.agent, facts, async () => there, SILENT, 20);
    const registered = async () => {
      const { rows } = await db.pools.admin.query("select providers from agent_runtimes where id = $1", [
        runtime.runtime_id,
      ]);
      return rows[0]?.providers;
    };
    try {
      await expect.poll(registered, { timeout: 10_000 }).toEqual(["ollama", "replay"]);
      there = ["replay"];
      await expect.poll(registered, { timeout: 10_000 }).toEqual(["replay"]);
      expect(facts.providers).toEqual(["replay"]);
    } finally {
      offers.stop();
    }
  });
});
