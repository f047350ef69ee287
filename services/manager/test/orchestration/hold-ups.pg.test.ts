import { createTestRun, createTestRuntime, directorAction } from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { approveAll, pendingApprovals, runOf, taskIdOf, taskOf, taskStatuses } from "./run-facts.ts";
import { reportOf, requirementsProduct, ScriptedWorld, submit } from "./scripted-run.ts";

let db: TestDatabase;
let world: ScriptedWorld;

beforeAll(async () => {
  db = await testDatabase();
  world = new ScriptedWorld(db, await createTestRuntime(db));
});
beforeEach(() => {
  world.play(() => null);
  world.given.clear();
});
afterAll(() => db.close());

describe("an open question of the analyst", () => {
  const question = { id: "Q1", block_ids: ["B2"], question: "Which numbers?", assumption: "Whole numbers." };
  const asking = { ...requirementsProduct(["R1", "R2"]), questions: [question] };

  it("waits for the Director's answer under supervision, and the next attempt has it", async () => {
    world.play((context) => (context.kind === "requirements" && context.answers.length === 0 ? submit(asking) : null));
    const { run_id } = await createTestRun(db, { oversight: "supervised" });
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "awaiting_director", waiting_code: "question" });
    const [pending] = await pendingApprovals(db, run_id);
    expect(pending).toMatchObject({ kind: "question", question: "Which numbers?" });
    await directorAction(db, "answer", String(pending?.id), { answer: "All of them." });
    await world.settle();
    expect(world.given.get("REQ")?.[1]).toMatchObject({
      answers: [{ question: "Which numbers?", answer: "All of them." }],
      previous: { questions: [{ id: "Q1" }] },
    });
    expect(await approveAll(db, run_id)).toEqual(["plan"]);
    await directorAction(db, "cancel", run_id);
  });

  it("is answered by its assumption in an autonomous run, and the policy is on record", async () => {
    world.play((context) => (context.kind === "requirements" ? submit(asking) : null));
    const { run_id } = await createTestRun(db, { oversight: "autonomous" });
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed" });
    expect(world.given.get("PLAN")?.[0]).toMatchObject({ assumptions: [question] });
    const { rows } = await db.pools.manager.query(
      "select decision from policy_decisions where run_id = $1 and policy_key = 'questions.autonomous'",
      [run_id],
    );
    expect(rows).toEqual([{ decision: "allow" }]);
  });
});

describe("an attempt that ends without a product", () => {
  it("is charged when the agent gave up, and the next one is told why", async () => {
    world.play((context, claim) => {
      const first = context.task_key === "T1" && claim.attempt === 1;
      return first ? { kind: "gave_up", code: "gave_up", detail: "too hard for me" } : null;
    });
    const { run_id } = await createTestRun(db);
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed" });
    expect(await taskOf(db, run_id, "T1")).toMatchObject({ attempt: 2, failures: 1 });
    expect(world.given.get("T1")?.[1]).toMatchObject({
      last_failure: { note: "The last attempt gave up: too hard for me" },
    });
  });

  it("waits under the code that held it up, and set_budget lets it go on", async () => {
    let poor = true;
    world.play((context) => {
      const stops = context.kind === "implement" && poor;
      return stops ? { kind: "held_up", code: "budget_exhausted", detail: "USD 5.00 are spent" } : null;
    });
    const { run_id } = await createTestRun(db);
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "awaiting_director", waiting_code: "budget_exhausted" });
    poor = false;
    await directorAction(db, "set_budget", run_id, { usd: "50" });
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed" });
    expect(await taskOf(db, run_id, "T1")).toMatchObject({ failures: 0 });
  });

  it("puts a developer's question before the Director and hands the answer on", async () => {
    world.play((context, claim) => {
      const asks = context.task_key === "T1" && claim.attempt === 1;
      return asks ? { kind: "held_up", code: "question", detail: "Tabs or spaces?" } : null;
    });
    const { run_id } = await createTestRun(db);
    await world.settle();
    const [pending] = await pendingApprovals(db, run_id);
    expect(pending).toMatchObject({ kind: "question", question: "Tabs or spaces?" });
    await directorAction(db, "answer", String(pending?.id), { answer: "Spaces." });
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed" });
    expect(world.given.get("T1")?.[1]).toMatchObject({
      last_failure: { note: "Asked: Tabs or spaces?\nThe Director answered: Spaces." },
    });
  });

  it("is tried again later, uncharged, when the provider failed, and escalates after the fourth time", async () => {
    let down = true;
    world.play((context) => {
      const fails = context.task_key === "T1" && down;
      return fails ? { kind: "held_up", code: "provider_failed", detail: "HTTP 503" } : null;
    });
    const { run_id } = await createTestRun(db);
    await world.settle();
    expect(await taskOf(db, run_id, "T1")).toMatchObject({ status: "ready", attempt: 1, failures: 0 });
    expect(await runOf(db, run_id)).toMatchObject({ status: "executing", waiting_code: "provider_failed" });
    for (let attempt = 2; attempt <= 4; attempt += 1) {
      await db.pools.admin.query(
        "update task_attempts set ended_at = ended_at - interval '10 minutes' where task_id = $1",
        [await taskIdOf(db, run_id, "T1")],
      );
      await world.settle();
    }
    expect(await taskOf(db, run_id, "T1")).toMatchObject({
      status: "awaiting_director",
      waiting_code: "provider_failed",
      attempt: 4,
      failures: 0,
    });
    down = false;
    await directorAction(db, "retry_task", await taskIdOf(db, run_id, "T1"));
    await world.settle();
    expect(await runOf(db, run_id), "who retries is not kept waiting").toMatchObject({ status: "completed" });
  });
});

describe("a lease that ran out", () => {
  it("sends the task back uncharged; the third death asks the Director", async () => {
    let dead = true;
    world.play((context) => (context.task_key === "T1" && dead ? { kind: "silent" } : null));
    const { run_id } = await createTestRun(db);
    for (let death = 1; death <= 3; death += 1) {
      await world.settle();
      expect(await taskOf(db, run_id, "T1")).toMatchObject({ status: "running", attempt: death, deaths: death - 1 });
      await db.pools.admin.query("update task_leases set expires_at = now() - interval '1 second' where task_id = $1", [
        await taskIdOf(db, run_id, "T1"),
      ]);
    }
    await world.settle();
    expect(await taskOf(db, run_id, "T1")).toMatchObject({
      status: "awaiting_director",
      waiting_code: "lease_deaths",
      failures: 0,
    });
    dead = false;
    await directorAction(db, "retry_task", await taskIdOf(db, run_id, "T1"));
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed" });
  });
});

describe("a judgement without a conclusion", () => {
  /** Settles and makes the verdicts older: they cannot be changed, so their guard is off for that one statement. */
  async function agedSettle(runId: string): Promise<void> {
    for (let retry = 0; retry < 4; retry += 1) {
      await world.settle();
      await db.pools.admin.query(
        `begin; set local session_replication_role = replica;
         update verifications set created_at = created_at - interval '1 minute' where run_id = '${runId}';
         commit`,
      );
    }
  }

  it("is repeated on the same tree and costs the agent nothing", async () => {
    world.play(
      () => null,
      (request) => (request.key === "T1" && request.retry < 2 ? reportOf("environment") : null),
    );
    const { run_id } = await createTestRun(db);
    await agedSettle(run_id);
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed" });
    expect(await taskOf(db, run_id, "T1")).toMatchObject({ attempt: 1, failures: 0 });
  });

  it("asks the Director after two repeats, naming what is missing", async () => {
    const finding = { code: "isolation_unavailable", message: "no sandbox here", subject: null };
    world.play(
      () => null,
      (request) => (request.kind === "implement" ? reportOf("environment", [finding]) : null),
    );
    const { run_id } = await createTestRun(db);
    await agedSettle(run_id);
    expect(await taskStatuses(db, run_id)).toMatchObject({ T1: "awaiting_director", T2: "awaiting_director" });
    expect(await runOf(db, run_id)).toMatchObject({
      status: "awaiting_director",
      waiting_code: "isolation_unavailable",
    });
    await directorAction(db, "cancel", run_id);
  });
});
