import { createTestRun, createTestRuntime, MANAGER } from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ManagerVerbs } from "../../src/db/orchestration-verbs.ts";
import { tick } from "../../src/orchestration/loop.ts";
import { STEPS } from "../../src/orchestration/steps/all.ts";
import { landedTasks, runOf, taskStatuses } from "./run-facts.ts";
import { ScriptedWorld } from "./scripted-run.ts";

let db: TestDatabase;
let world: ScriptedWorld;

beforeAll(async () => {
  db = await testDatabase();
  world = new ScriptedWorld(db, await createTestRuntime(db));
});
afterAll(() => db.close());

describe("runs side by side", () => {
  it("all come to their end with two loops of the leader at work at once, and nothing lands twice", async () => {
    const runs = [await createTestRun(db), await createTestRun(db), await createTestRun(db)];
    const second = { ...world.deps, verbs: new ManagerVerbs(MANAGER.actor_id, MANAGER.term) };
    const isDone = async () => {
      const statuses = await Promise.all(runs.map(async ({ run_id }) => (await runOf(db, run_id)).status));
      return statuses.every((status) => status === "completed");
    };
    for (let turn = 0; turn < 60 && !(await isDone()); turn += 1) {
      await Promise.all([tick(world.deps, STEPS), tick(second, STEPS)]);
      await world.work();
      await Promise.all([tick(world.deps, STEPS), tick(second, STEPS)]);
      await world.judge();
      await world.seal();
    }
    for (const { run_id } of runs) {
      expect(await runOf(db, run_id)).toMatchObject({ status: "completed", stop_reason: "verified" });
      expect((await landedTasks(db, run_id)).sort()).toEqual(["T1", "T2"]);
      expect(Object.keys(await taskStatuses(db, run_id))).toHaveLength(6);
    }
  });
});
