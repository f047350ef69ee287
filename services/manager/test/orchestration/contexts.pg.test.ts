import { createTestRun, createTestRuntime } from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runOf } from "./run-facts.ts";
import { delta, ScriptedWorld, submit } from "./scripted-run.ts";

let db: TestDatabase;
let world: ScriptedWorld;

beforeAll(async () => {
  db = await testDatabase();
  world = new ScriptedWorld(db, await createTestRuntime(db));
});
afterAll(() => db.close());

/** Plays a run with a rejected attempt and a dispute; returns every context that was given, as text. */
async function contextsOfRun(): Promise<string> {
  world.given.clear();
  world.play((context, claim) => {
    if (context.task_key !== "T1" || context.kind !== "implement") return null;
    if (claim.attempt > 1) return null;
    return submit(delta(context, { "t1/words.txt": "other" }));
  });
  const { run_id } = await createTestRun(db);
  await world.settle();
  expect(await runOf(db, run_id)).toMatchObject({ status: "completed" });
  return JSON.stringify([...world.given].sort(([a], [b]) => (a < b ? -1 : 1)));
}

describe("contexts", () => {
  it("are the same, byte for byte, in two runs in which the same happened", async () => {
    const [first, second] = [await contextsOfRun(), await contextsOfRun()];
    expect(second).toBe(first);
  });

  it("hold no uuid and no time", async () => {
    const text = await contextsOfRun();
    expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/);
    expect(text).not.toMatch(/\d{4}-\d{2}-\d{2}T/);
  });

  it("show a developer the names of its closing tests and never a body", async () => {
    await contextsOfRun();
    const context = world.given.get("T2")?.[0];
    if (context?.kind !== "implement") throw new Error("T2 is an implement task");
    expect(context.tests).toEqual([{ id: "test-R2", title: "shows word-of-R2", requirement_ids: ["R2"] }]);
    expect(JSON.stringify(context)).not.toContain("product.files");
    expect(context.requirements.map(({ id }) => id)).toEqual(["R2"]);
    expect(context.related_requirements).toEqual([]);
    expect(context.blocks.map(({ block_id }) => block_id)).toEqual(["B2"]);
  });

  it("show a test author nothing of the product", async () => {
    await contextsOfRun();
    expect(Object.keys(world.given.get("SUITE")?.[0] ?? {})).not.toContain("tree");
  });
});
