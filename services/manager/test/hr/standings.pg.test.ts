import { createTestRun, createTestRuntime } from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, expect, it } from "vitest";
import { delta, ScriptedWorld, submit } from "../orchestration/scripted-run.ts";

let db: TestDatabase;

beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

it("an agent whose attempts are all rejected is put on probation by policy, on record", async () => {
  const world = new ScriptedWorld(db, await createTestRuntime(db));
  world.play((context) => (context.kind === "implement" ? submit(delta(context, { "t1/a.txt": "no" })) : null));
  for (let run = 0; run < 3; run += 1) await createTestRun(db);
  await world.settle();
  const { rows } = await db.pools.manager.query(
    "select slug, standing from agents where capabilities = '{implement}' order by slug",
  );
  expect(rows).toContainEqual({ slug: "developer-1", standing: "probation" });
  const decisions = await db.pools.manager.query(
    "select subject from policy_decisions where policy_key = 'hr.probation_below'",
  );
  expect(decisions.rows[0]).toMatchObject({ subject: expect.stringContaining("developer-1 to probation: 0 of") });
});
