import { randomUUID } from "node:crypto";
import { createLog } from "@aura/shared/log";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { numberEvents, readNumberingLag } from "../../src/db/ledger-statements.ts";
import { startNumberingLoop } from "../../src/ledger/numbering-loop.ts";
import { createReplayCheck, isCheckDue } from "../../src/ledger/replay-check.ts";

/** Numbers end where a transaction is open, also one of another test's database in the same cluster. */
const OTHERS = { timeout: 60_000 };

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

/** Changes rows past the triggers. */
async function smuggle(text: string, values: unknown[]): Promise<void> {
  const client = await database.pools.admin.connect();
  await client.query("begin; set local session_replication_role = replica");
  await client.query(text, values);
  await client.query("commit");
  client.release();
}

test("an event waits for its number until the loop gives it one, and the sequence has no gap", async () => {
  await addProject();
  expect((await readNumberingLag(database.pools.auditor)).events).toBeGreaterThan(0);
  const loop = startNumberingLoop(database.pools.auditor, log);
  const lag = async () => (await readNumberingLag(database.pools.auditor)).events;
  await expect.poll(lag, OTHERS).toBe(0);
  await loop.stop();

  const { size, numbered } = await numberEvents(database.pools.auditor, 10);
  expect(numbered).toBe(0);
  const { rows } = await database.pools.admin.query(
    "select min(seq)::int, max(seq)::int, count(*)::int from audit_leaves",
  );
  expect(rows).toEqual([{ min: 0, max: size - 1, count: size }]);
}, 90_000);

test("a change past the triggers is found by replay and raises one critical event", async () => {
  const check = createReplayCheck(database.pools.auditor, log, "auditor-one");
  const project = await addProject();
  expect(await check.run()).toEqual([]);

  await smuggle("insert into agents (id, slug, capabilities) values ($1, 'smuggled', '{review}')", [project]);

  expect((await check.run()).map(({ table_name }) => table_name)).toContain("agents");
  expect(await check.run()).toEqual([]);
  const { rows } = await database.pools.admin.query(
    "select distinct severity, actor_id, subject_type, subject_id from audit_events where event_type = 'replay.mismatch'",
  );
  expect(rows).toEqual([
    { severity: "critical", actor_id: "auditor-one", subject_type: "agents", subject_id: project },
  ]);
});

test("every mismatch is reported once, also of so many that they do not fit into one look", async () => {
  const check = createReplayCheck(database.pools.auditor, log, "auditor-two");
  await check.run();
  await smuggle(
    "insert into agents (id, slug, capabilities) select gen_random_uuid(), 'many-' || n, '{review}' from generate_series(1, $1) n",
    [450],
  );
  expect(await check.run()).toHaveLength(450);
  expect(await check.run()).toEqual([]);
  const { rows } = await database.pools.admin.query(
    `select count(*)::int as events, count(distinct subject_id)::int as subjects from audit_events
      where event_type = 'replay.mismatch' and actor_id = 'auditor-two' and subject_id in (select id::text from agents where slug like 'many-%')`,
  );
  expect(rows).toEqual([{ events: 450, subjects: 450 }]);
});

test("the check is due at the end of a run, each minute while the log grows, and seldom when it does not", () => {
  const checked = { size: 10, ended: 1 };
  expect(isCheckDue(checked, { size: 12, ended: 2 }, 0)).toBe(true);
  expect(isCheckDue(checked, { size: 12, ended: 1 }, 59_000)).toBe(false);
  expect(isCheckDue(checked, { size: 12, ended: 1 }, 60_000)).toBe(true);
  expect(isCheckDue(checked, { size: 10, ended: 1 }, 14 * 60_000)).toBe(false);
  expect(isCheckDue(checked, { size: 10, ended: 1 }, 15 * 60_000)).toBe(true);
});
