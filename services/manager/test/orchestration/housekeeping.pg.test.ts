import { createTestRuntime } from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ScriptedWorld } from "./scripted-run.ts";

let db: TestDatabase;
let world: ScriptedWorld;

beforeAll(async () => {
  db = await testDatabase();
  world = new ScriptedWorld(db, await createTestRuntime(db));
});
afterAll(() => db.close());

it("forgets the replies of yesterday's requests and keeps today's", async () => {
  const { admin, manager } = db.pools;
  for (const key of ["today", "yesterday"]) {
    await manager.query("select begin_idempotent('scope', $1, sha256('x'))", [key]);
    await manager.query("select finish_idempotent('scope', $1, 201, 'reply')", [key]);
  }
  await admin.query("update idempotent_replies set created_at = now() - interval '25 hours' where key = 'yesterday'");
  await world.tick();
  expect((await admin.query("select key from idempotent_replies")).rows).toEqual([{ key: "today" }]);
});
