import { createTestRun, createTestRuntime, directorAction } from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { approveAll, runOf, taskStatuses } from "./run-facts.ts";
import { ScriptedWorld } from "./scripted-run.ts";

let db: TestDatabase;
let world: ScriptedWorld;

beforeAll(async () => {
  db = await testDatabase();
  world = new ScriptedWorld(db, await createTestRuntime(db));
});
afterAll(() => db.close());

describe("a run in which everything succeeds", () => {
  it("ends completed and verified without a person when it is autonomous", async () => {
    const { run_id } = await createTestRun(db, { oversight: "autonomous" });
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed", stop_reason: "verified" });
    expect(await taskStatuses(db, run_id)).toEqual({
      REQ: "verified",
      PLAN: "verified",
      SUITE: "verified",
      T1: "verified",
      T2: "verified",
      REVIEW: "verified",
    });
  });

  it("waits for the plan and for the delivery when it is supervised", async () => {
    const { run_id } = await createTestRun(db, { oversight: "supervised" });
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "awaiting_director", waiting_code: "plan_approval" });
    expect(await approveAll(db, run_id)).toEqual(["plan"]);
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "awaiting_director", waiting_code: "delivery_approval" });
    expect(await approveAll(db, run_id)).toEqual(["delivery"]);
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed", stop_reason: "verified" });
  });

  it("waits for every landing as well when it is locked", async () => {
    const { run_id } = await createTestRun(db, { oversight: "locked" });
    const decided: string[] = [];
    for (let gate = 0; gate < 6; gate += 1) {
      await world.settle();
      decided.push(...(await approveAll(db, run_id)));
    }
    await world.settle();
    expect(decided).toEqual(["plan", "landing", "landing", "landing", "delivery"]);
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed", stop_reason: "verified" });
  });

  it("ends failed by policy when the Director rejects the plan", async () => {
    const { run_id } = await createTestRun(db, { oversight: "supervised" });
    await world.settle();
    const { rows } = await db.pools.manager.query<{ id: string; digest: string }>(
      "select id, encode(digest, 'hex') as digest from approvals where run_id = $1",
      [run_id],
    );
    const [gate] = rows;
    await directorAction(db, "reject", gate?.id ?? "", { digest: gate?.digest });
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "failed", stop_reason: "policy" });
  });

  it.each([
    ["locked", ["delivery", "landing", "landing", "landing", "plan"]],
    ["supervised", ["delivery", "plan"]],
  ] as const)("has on record, when it is %s, which policy wanted a person at each gate", async (oversight, gates) => {
    const { run_id } = await createTestRun(db, { oversight });
    for (let gate = 0; gate < 6; gate += 1) {
      await world.settle();
      await approveAll(db, run_id);
    }
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed" });
    const { rows } = await db.pools.manager.query(
      `select p.policy_key, p.decision, p.reason from policy_decisions p join approvals a
           on a.run_id = p.run_id and p.subject = a.kind || ' ' || encode(a.digest, 'hex')
        where p.run_id = $1 order by p.policy_key`,
      [run_id],
    );
    const wanted = (gate: string) => ({
      policy_key: `approval.${gate}.${oversight}`,
      decision: "needs_approval",
      reason: "the Director decides",
    });
    expect(rows).toEqual(gates.map(wanted));
  });
});
