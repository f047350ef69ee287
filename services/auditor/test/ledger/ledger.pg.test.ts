import { randomUUID } from "node:crypto";
import { createLog } from "@aura/shared/log";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { numberEvents, readNumberingLag } from "../../src/db/ledger-statements.ts";
import { startNumberingLoop } from "../../src/ledger/numbering-loop.ts";
import { createReplayCheck } from "../../src/ledger/replay-check.ts";

let database: TestDatabase;
const log = createLog("auditor", "silent");

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database?.close());

async function addProject(): Promise<string> {
  const id = randomUUID();
  await database.pools.admin.query("insert into projects (id, name) values ($1, $2)", [id, id]);
  return id;
}

test("an event waits for its number until the loop gives it one, and the sequence has no gap", async () => {
  await addProject();
  expect((await readNumberingLag(database.pools.auditor)).events).toBeGreaterThan(0);
  const loop = startNumberingLoop(database.pools.auditor, log);
  await expect.poll(async () => (await readNumberingLag(database.pools.auditor)).events).toBe(0);
  await loop.stop();

  const { size, numbered } = await numberEvents(database.pools.auditor, 10);
  expect(numbered).toBe(0);
  const { rows } = await database.pools.admin.query(
    "select min(seq)::int, max(seq)::int, count(*)::int from audit_leaves",
  );
  expect(rows).toEqual([{ min: 0, max: size - 1, count: size }]);
});

test("a change past the triggers is found by replay and raises one critical event", async () => {
  const check = createReplayCheck(database.pools.auditor, log, "auditor-one");
  const project = await addProject();
  expect(await check.run()).toEqual([]);

  const client = await database.pools.admin.connect();
  await client.query("begin; set local session_replication_role = replica");
  await client.query("insert into agents (id, slug, capabilities) values ($1, 'smuggled', '{review}')", [project]);
  await client.query("commit");
  client.release();

  expect((await check.run()).map(({ table_name }) => table_name)).toContain("agents");
  expect(await check.run()).toEqual([]);
  const { rows } = await database.pools.admin.query(
    "select distinct severity, actor_id, subject_type, subject_id from audit_events where event_type = 'replay.mismatch'",
  );
  expect(rows).toEqual([
    { severity: "critical", actor_id: "auditor-one", subject_type: "agents", subject_id: project },
  ]);
});
