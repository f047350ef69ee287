import { setTimeout as sleep } from "node:timers/promises";
import { createPool } from "@aura/shared/postgres/client";
import { callVerb } from "@aura/shared/postgres/verbs";
import { createTestRun, MANAGER, type TestRun } from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";

const WRITERS = 24;
const SECONDS = 15;

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

/** Until every event has its place: the frontier also waits for transactions in other databases of the server. */
async function numberAll(): Promise<void> {
  const unplaced = async () => {
    await db.pools.auditor.query("select number_events(1000)");
    const { rows } = await db.pools.auditor.query<{ n: number }>(
      "select count(*)::int as n from audit_events e where not exists (select from audit_leaves l where l.event_id = e.id)",
    );
    return rows[0]?.n;
  };
  await expect.poll(unplaced, { timeout: 30_000, interval: 20 }).toBe(0);
}

/** Transactions that write one to three events, hold them open for a random time, and abort every fifth time. */
async function writeUntil(end: number, run: TestRun, pool: ReturnType<typeof createPool>): Promise<number> {
  let committed = 0;
  while (Date.now() < end) {
    const client = await pool.connect();
    await client.query("begin");
    for (let n = 1 + Math.floor(Math.random() * 3); n > 0; n -= 1) {
      await callVerb(client, "set_confidence", MANAGER, [run.run_id], [String(Math.random())]);
      if (Math.random() < 0.3) await sleep(Math.random() * 40);
    }
    const aborted = Math.random() < 0.2;
    await client.query(aborted ? "rollback" : "commit");
    if (!aborted) committed += 1;
    client.release();
  }
  return committed;
}

test(`${WRITERS} writers that hold and abort: no committed event is missed, places are dense`, {
  timeout: 60_000,
}, async () => {
  const runs = await Promise.all(Array.from({ length: WRITERS }, () => createTestRun(db)));
  const pool = createPool(db.urls.manager, "writers", WRITERS);
  const end = Date.now() + SECONDS * 1000;
  const writing = Promise.all(runs.map((run) => writeUntil(end, run, pool)));
  const numbering = Promise.all(
    [1, 2].map(async () => {
      while (Date.now() < end) {
        await db.pools.auditor.query("select number_events(200)");
        await sleep(30);
      }
    }),
  );
  const committed = (await writing).reduce((sum, count) => sum + count, 0);
  await numbering;
  await pool.end();
  await numberAll();
  const { rows } = await db.pools.auditor.query(
    `select (select count(*) from audit_events e where not exists (select from audit_leaves l where l.event_id = e.id))::int as missed,
            (select count(*) - max(seq) - 1 from audit_leaves)::int as holes, (select count(*) from audit_leaves) = (select size from audit_log_state) as counted,
            (select count(*) from (select seq, event_id < lag(event_id) over (order by seq) as fell from audit_leaves) o where fell)::int as disordered,
            (select count(*) from audit_leaves l join audit_events e on e.id = l.event_id where e.leaf <> l.leaf)::int as other_leaves`,
  );
  expect(rows[0]).toEqual({ missed: 0, holes: 0, counted: true, disordered: 0, other_leaves: 0 });
  expect(committed).toBeGreaterThan(100);
});

test("an event of an open transaction keeps later ones unnumbered, and is numbered before them", async () => {
  const [slow, quick] = [await createTestRun(db), await createTestRun(db)];
  await numberAll();
  const client = await db.pools.manager.connect();
  await client.query("begin");
  await callVerb(client, "set_confidence", MANAGER, [slow.run_id], ["0.1"]);
  await callVerb(db.pools.manager, "set_confidence", MANAGER, [quick.run_id], ["0.2"]);
  await db.pools.auditor.query("select number_events(1000)");
  const placed = async () =>
    (
      await db.pools.auditor.query<{ run_id: string }>(
        "select e.run_id from audit_leaves l join audit_events e on e.id = l.event_id where e.event_type = 'run.changed' and e.run_id = any ($1) order by l.seq",
        [[slow.run_id, quick.run_id]],
      )
    ).rows.map((row) => row.run_id);
  expect(await placed()).toEqual([]);
  await client.query("commit");
  client.release();
  await numberAll();
  expect(await placed()).toEqual([slow.run_id, quick.run_id]);
});

test("a leaf is that of an event in the log, whoever writes it", async () => {
  const forge = (event: string, leaf: string) =>
    db.pools.admin.query(
      `insert into audit_leaves (seq, event_id, leaf) select 1000000, ${event}, ${leaf} from audit_events limit 1`,
    );
  await expect(forge("gen_random_uuid()", "leaf")).rejects.toMatchObject({ code: "AU002" });
  await callVerb(db.pools.manager, "set_confidence", MANAGER, [(await createTestRun(db)).run_id], ["0.3"]);
  const newest = "(select id from audit_events order by id desc limit 1)";
  await expect(forge(newest, "sha256('another')")).rejects.toMatchObject({ code: "AU002" });
});
