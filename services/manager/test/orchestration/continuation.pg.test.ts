import { createTestRun, createTestRuntime } from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { landedTasks, runOf, taskStatuses } from "./run-facts.ts";
import {
  delta,
  plannedTask,
  planProduct,
  requirementsProduct,
  ScriptedWorld,
  submit,
  testFor,
} from "./scripted-run.ts";

let db: TestDatabase;
let world: ScriptedWorld;

beforeAll(async () => {
  db = await testDatabase();
  world = new ScriptedWorld(db, await createTestRuntime(db));
});
afterAll(() => db.close());

describe("a run that continues a delivered one", () => {
  it("keeps tree and tests of unchanged requirements and has only the changed one tested and built", async () => {
    const base = await createTestRun(db);
    await world.settle();
    expect(await runOf(db, base.run_id)).toMatchObject({ status: "completed" });
    world.given.clear();
    world.play((context) => {
      if (context.kind === "requirements") {
        return submit(requirementsProduct(["R1", "R2"], { R2: { text: "It does R2 in a new way." } }));
      }
      if (context.kind === "plan") return submit(planProduct([plannedTask("T2", ["R2"])]));
      if (context.kind === "acceptance_tests")
        return submit({ prelude: "", tests: [testFor("R2", "new-word")], rulings: [] });
      return context.kind === "implement" ? submit(delta(context, { "t2/words.txt": "new-word" })) : null;
    });
    const next = await createTestRun(db, { base_run_id: base.run_id });
    await world.settle();
    expect(await runOf(db, next.run_id)).toMatchObject({ status: "completed", stop_reason: "verified" });
    expect(await landedTasks(db, next.run_id)).toEqual(["none", "T2"]);
    expect(world.given.get("REQ")?.[0]).toMatchObject({ base_requirements: [{ id: "R1" }, { id: "R2" }] });
    expect(world.given.get("PLAN")?.[0]).toMatchObject({
      base_tree: [{ path: "t1/words.txt" }, { path: "t2/words.txt" }],
      base_plan: { tasks: [{ key: "T1" }, { key: "T2" }] },
    });
    expect(world.given.get("SUITE")?.[0]).toMatchObject({
      wanted_requirement_ids: ["R2"],
      previous: { tests: [{ id: "test-R1" }] },
    });
  });

  it("plans again when an unchanged requirement that no task covers fails the assembly", async () => {
    world.play(() => null);
    const base = await createTestRun(db);
    await world.settle();
    world.play((context) => {
      if (context.kind === "requirements") return submit(requirementsProduct(["R1", "R2"], { R2: { text: "New." } }));
      if (context.task_key === "PLAN") {
        return submit(planProduct([{ ...plannedTask("T2", ["R2"]), file_scope: ["t1/**", "t2/**"] }]));
      }
      if (context.task_key === "PLAN-2") {
        return submit(
          planProduct([{ ...plannedTask("T2", ["R2"]), file_scope: ["t1/**", "t2/**"] }, plannedTask("T3", ["R1"])]),
        );
      }
      if (context.kind === "acceptance_tests") return null;
      if (context.task_key === "T2" && context.kind === "implement") {
        const changes = [
          { path: "t1/words.txt", content: null },
          { path: "t2/words.txt", content: "word-of-R2" },
        ];
        return submit({ base_tree_sha256: context.base_tree_sha256, changes, summary: "breaks R1", disputes: [] });
      }
      return null;
    });
    const next = await createTestRun(db, { base_run_id: base.run_id });
    await world.settle();
    expect(await runOf(db, next.run_id)).toMatchObject({ status: "completed", stop_reason: "verified" });
    expect(await taskStatuses(db, next.run_id)).toMatchObject({ "PLAN-2": "verified", T3: "verified" });
    expect(world.given.get("PLAN-2")?.[0]?.kind).toBe("plan");
  });
});
