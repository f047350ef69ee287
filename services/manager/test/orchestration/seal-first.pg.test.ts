import { createTestRun, createTestRuntime } from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readRun } from "../../src/db/read-run-statements.ts";
import { runWaitsFor } from "../../src/http/waiting-for.ts";
import { runOf } from "./run-facts.ts";
import { ScriptedWorld } from "./scripted-run.ts";

let db: TestDatabase;
let world: ScriptedWorld;

beforeAll(async () => {
  db = await testDatabase();
  world = new ScriptedWorld(db, await createTestRuntime(db));
});
afterAll(() => db.close());

/** Everybody but the sealer takes turns until nothing moves. */
async function settleUnsealed(): Promise<void> {
  for (let still = 0; still < 3; ) {
    const moved = (await world.tick()) + (await world.work()) + (await world.judge());
    still = moved === 0 ? still + 1 : 0;
  }
}

/** As if everything had happened that much earlier. */
async function age(seconds: number): Promise<void> {
  const client = await db.pools.admin.connect();
  await client.query("begin; set local session_replication_role = replica");
  await client.query("update audit_events set created_at = created_at - make_interval(secs => $1)", [seconds]);
  await client.query("commit");
  client.release();
}

async function waits(runId: string) {
  const run = await readRun(db.pools.manager, runId);
  return run === null ? null : runWaitsFor(run);
}

it("a run that is done waits for its checkpoint, says so, becomes the Director's after a minute, and ends by itself", async () => {
  const { run_id } = await createTestRun(db, { oversight: "autonomous" });
  await settleUnsealed();
  expect(await runOf(db, run_id)).toMatchObject({ status: "executing", waiting_code: null });

  await age(10);
  await settleUnsealed();
  expect(await runOf(db, run_id)).toMatchObject({ status: "delivering", waiting_code: "log_unsealed" });
  expect(await waits(run_id)).toMatchObject({ reason: "log_unsealed", owner: "auditor" });

  await age(120);
  await settleUnsealed();
  expect(await runOf(db, run_id)).toMatchObject({ status: "awaiting_director", waiting_code: "log_unsealed" });

  await world.settle();
  expect(await runOf(db, run_id)).toMatchObject({ status: "completed", stop_reason: "verified", waiting_code: null });
});
