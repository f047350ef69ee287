import { createLog } from "@aura/shared/log";
import type { Pool } from "@aura/shared/postgres/client";
import { createTestRun, createTestRuntime, directorAction, MANAGER } from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { ManagerVerbs } from "../../src/db/orchestration-verbs.ts";
import { tick } from "../../src/orchestration/loop.ts";
import { RepeatedFailures } from "../../src/orchestration/repeated-failures.ts";
import { STEPS } from "../../src/orchestration/steps/all.ts";
import { approveAll, runOf, taskIdOf, taskOf } from "./run-facts.ts";
import { ScriptedWorld } from "./scripted-run.ts";

let db: TestDatabase;
let world: ScriptedWorld;

beforeAll(async () => {
  db = await testDatabase();
  world = new ScriptedWorld(db, await createTestRuntime(db));
});
beforeEach(() => world.play(() => null));
afterAll(() => db.close());

const BROKEN = new Error('column "secret" does not exist in select secret from nowhere');

/** The database, but for the statements that `breaks` picks. */
function brokenPool(breaks: (text: string, values: readonly unknown[]) => boolean): Pool {
  const query = (text: string, values: readonly unknown[] = []) =>
    breaks(text, values) ? Promise.reject(BROKEN) : db.pools.manager.query(text, [...values]);
  return new Proxy(db.pools.manager, { get: (pool, name) => (name === "query" ? query : Reflect.get(pool, name)) });
}

/** A Manager of whom something is broken. */
function brokenManager(broken: { pool?: Pool; verbs?: ManagerVerbs }) {
  const log = createLog("test", "silent");
  const deps = { ...world.deps, ...broken, log, failures: new RepeatedFailures() };
  return {
    ticks: async (times: number) => {
      for (let n = 0; n < times; n += 1) await tick(deps, STEPS);
    },
    mend: () => Object.assign(deps, { pool: world.deps.pool, verbs: world.deps.verbs }),
  };
}

it("asks the Director about a task whose context cannot be assembled, five times in a row, and goes on with the others", async () => {
  const { run_id } = await createTestRun(db);
  const task_id = await taskIdOf(db, run_id, "REQ");
  const manager = brokenManager({ pool: brokenPool((text, [id]) => id === task_id && text.includes("t.spec_sha256")) });
  await manager.ticks(4);
  expect(await taskOf(db, run_id, "REQ")).toMatchObject({ status: "ready" });
  const { run_id: healthy } = await createTestRun(db);
  await manager.ticks(2);
  expect(await taskOf(db, healthy, "REQ")).toMatchObject({ status: "assigned" });
  const detail = 'the step "assemble a context" failed 5 times in a row; the Manager\'s log says why';
  const waiting = { status: "awaiting_director", waiting_code: "stuck" };
  expect(await taskOf(db, run_id, "REQ")).toMatchObject({ ...waiting, waiting_detail: detail });
  expect(await runOf(db, run_id)).toMatchObject({ ...waiting, waiting_detail: `REQ: ${detail}` });

  await directorAction(db, "retry_task", task_id);
  await world.settle();
  expect(await runOf(db, run_id)).toMatchObject({ status: "completed" });
});

it("asks about a submitted task whose verification cannot be requested", async () => {
  const { run_id } = await createTestRun(db);
  await world.tick();
  await world.work();
  const manager = brokenManager({ pool: brokenPool((text) => text.includes("request_verifications(")) });
  await manager.ticks(5);
  expect(await taskOf(db, run_id, "REQ")).toMatchObject({ status: "awaiting_director", waiting_code: "stuck" });
  await directorAction(db, "cancel", run_id);
});

it("puts a run whose gate cannot be opened before the Director until the step succeeds", async () => {
  class NoGates extends ManagerVerbs {
    override async openApprovals(): Promise<never> {
      throw BROKEN;
    }
  }
  const { run_id } = await createTestRun(db, { oversight: "supervised" });
  await world.settle(async () => (await taskOf(db, run_id, "PLAN"))?.status === "submitted");
  await world.tick();
  await world.judge();
  const manager = brokenManager({ verbs: new NoGates(MANAGER.actor_id, MANAGER.term) });
  await manager.ticks(4);
  expect(await runOf(db, run_id)).not.toMatchObject({ waiting_code: "stuck" });
  await manager.ticks(3);
  const { status, waiting_code, waiting_detail } = await runOf(db, run_id);
  expect([status, waiting_code]).toEqual(["awaiting_director", "stuck"]);
  expect(waiting_detail).toContain('"open a plan gate"');
  expect(waiting_detail).not.toContain("secret");

  manager.mend();
  await manager.ticks(2);
  expect(await runOf(db, run_id)).toMatchObject({ status: "awaiting_director", waiting_code: "plan_approval" });
  expect(await approveAll(db, run_id)).toEqual(["plan"]);
  await directorAction(db, "cancel", run_id);
});

it("counts no failure of a database that is away", async () => {
  const { run_id } = await createTestRun(db);
  const away = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
  const pool = brokenPool(() => false);
  const query = (text: string, values: readonly unknown[] = []) =>
    text.includes("t.spec_sha256") ? Promise.reject(away) : db.pools.manager.query(text, [...values]);
  const failing = new Proxy(pool, { get: (of, name) => (name === "query" ? query : Reflect.get(of, name)) });
  const manager = brokenManager({ pool: failing });
  for (let n = 0; n < 6; n += 1) await expect(manager.ticks(1)).rejects.toThrow("ECONNREFUSED");
  expect(await taskOf(db, run_id, "REQ")).toMatchObject({ status: "ready" });
  await directorAction(db, "cancel", run_id);
});
