import type { SuiteProduct } from "@aura/shared/schemas/suite-product";
import { createTestRun, createTestRuntime, directorAction } from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { buildDeliveryReport } from "../../src/orchestration/delivery-report.ts";
import { runOf, taskIdOf, taskOf, taskStatuses } from "./run-facts.ts";
import { delta, ScriptedWorld, submit, testFor, wordOf } from "./scripted-run.ts";

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

const BASIS = "the PRD says another word for R1";

/** The developer of T1 writes another word and disputes the test; its author rules as told. */
function play(rulings: SuiteProduct["rulings"], replacement: string, authors: string[] = []): void {
  world.play((context, claim) => {
    if (context.kind === "acceptance_tests") {
      authors.push(claim.agent_slug);
      if (context.disputes.length === 0) return null;
      return submit({ prelude: "", tests: [testFor("R1", replacement)], rulings });
    }
    if (context.task_key !== "T1" || context.kind !== "implement") return null;
    if (claim.attempt > 1) return submit(delta(context, { "t1/words.txt": wordOf("R1") }));
    return submit(delta(context, { "t1/words.txt": "other-word" }, [{ test_id: "test-R1", basis: BASIS }]));
  });
}

describe("a disputed test", () => {
  it("that its judge replaces changes the suite, and the same attempt is judged again by it", async () => {
    const authors: string[] = [];
    play([{ test_id: "test-R1", ruling: "replaced", basis: "B2 says so" }], "other-word", authors);
    const { run_id } = await createTestRun(db);
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed", stop_reason: "verified" });
    expect(await taskOf(db, run_id, "T1")).toMatchObject({ attempt: 1, failures: 0 });
    expect(await taskStatuses(db, run_id)).toMatchObject({ "DISPUTE-T1-1": "verified" });
    expect(new Set(authors).size).toBe(2);
    expect(world.given.get("DISPUTE-T1-1")?.[0]).toMatchObject({
      wanted_requirement_ids: ["R1"],
      disputes: [{ test: { id: "test-R1" }, basis: BASIS }],
    });
    const report = await buildDeliveryReport(db.pools.manager, run_id);
    expect(report?.disputes).toEqual([{ test_id: "test-R1", basis: BASIS, ruling: "replaced", suite_version: 2 }]);
  });

  it("that its judge upholds stands, and the attempt is charged", async () => {
    play([{ test_id: "test-R1", ruling: "upheld", basis: "B2 says so" }], wordOf("R1"));
    const { run_id } = await createTestRun(db);
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed", stop_reason: "verified" });
    expect(await taskOf(db, run_id, "T1")).toMatchObject({ attempt: 2, failures: 1 });
    const { rows } = await db.pools.manager.query("select version from suites where run_id = $1", [run_id]);
    expect(rows).toHaveLength(1);
  });

  it("whose judging task the Director cancels stands", async () => {
    world.play((context, claim) => {
      if (context.kind === "acceptance_tests" && context.disputes.length > 0) return { kind: "silent" };
      if (context.task_key !== "T1" || context.kind !== "implement" || claim.attempt > 1) return null;
      return submit(delta(context, { "t1/words.txt": "other-word" }, [{ test_id: "test-R1", basis: BASIS }]));
    });
    const { run_id } = await createTestRun(db);
    await world.settle();
    expect(await taskOf(db, run_id, "T1")).toMatchObject({ status: "submitted" });
    await directorAction(db, "cancel_task", await taskIdOf(db, run_id, "DISPUTE-T1-1"));
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed", stop_reason: "verified" });
    expect(await taskOf(db, run_id, "T1")).toMatchObject({ attempt: 2, failures: 1 });
  });
});
