import { sqlState } from "@aura/shared/postgres/client";
import { createTestRun, createTestRuntime, type TestRuntime, taskInState } from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";

const APPEND_ONLY = "AU003";
const OUTSIDE_VERBS = "AU004";

let db: TestDatabase;
let runtime: TestRuntime;
beforeAll(async () => {
  db = await testDatabase();
  runtime = await createTestRuntime(db);
  const run = await createTestRun(db);
  await taskInState(db, runtime, run, "verified", "implement");
  await db.pools.auditor.query("select number_events(1000)");
});
afterAll(() => db.close());

/** As the superuser, and as the owner of all tables through the migrate login. */
async function statesOf(statement: string): Promise<(string | undefined)[]> {
  const states: (string | undefined)[] = [];
  for (const login of ["admin", "migrator"] as const) {
    const client = await db.pools[login].connect();
    await client.query("begin");
    if (login === "migrator") await client.query("set local role aura_owner");
    states.push(
      await client.query(statement).then(
        () => undefined,
        (error) => sqlState(error),
      ),
    );
    await client.query("rollback");
    client.release();
  }
  return states;
}

const FOUNDING_LOGS = ["audit_events", "agent_activity_logs", "director_actions"];

test.each([...FOUNDING_LOGS, "audit_leaves", "verifications", "verdicts", "evidence", "revisions"])(
  "%s refuses UPDATE, DELETE and TRUNCATE to its owner and the superuser",
  async (table) => {
    const { rows } = await db.pools.admin.query<{ column: string }>(
      "select quote_ident(attname) as column from pg_attribute where attrelid = $1::regclass and attnum = 2",
      [table],
    );
    const column = rows[0]?.column;
    for (const statement of [
      `update ${table} set ${column} = ${column}`,
      `delete from ${table}`,
      `truncate ${table} cascade`,
    ]) {
      expect(await statesOf(statement), statement).toEqual([APPEND_ONLY, APPEND_ONLY]);
    }
  },
);

test("no governed table loses a row", async () => {
  const { rows } = await db.pools.auditor.query<{ table_name: string }>(
    "select table_name from governed_tables order by 1",
  );
  expect(rows.length).toBeGreaterThan(25);
  for (const { table_name } of rows) {
    for (const statement of [`delete from ${table_name}`, `truncate ${table_name} cascade`]) {
      expect(await statesOf(statement), statement).toEqual([APPEND_ONLY, APPEND_ONLY]);
    }
  }
});

test("the leaf of an event is computed by the database and cannot be given", async () => {
  const insert = `insert into audit_events (id, event_type, actor_kind, actor_id, tx, env, leaf) values (gen_random_uuid(), 'x', 'x', 'x', '1', 'x', 'x')`;
  expect(await statesOf(insert)).toEqual(["428C9", "428C9"]);
  expect(await statesOf("update audit_log_state set size = 0")).toEqual([APPEND_ONLY, OUTSIDE_VERBS]);
});

test("bytes may be erased, which is recorded, and never changed", async () => {
  expect(await statesOf("update blobs set body = 'other'")).toEqual([APPEND_ONLY, OUTSIDE_VERBS]);
  expect(await statesOf("update blobs set media_type = 'x'")).toEqual([APPEND_ONLY, OUTSIDE_VERBS]);
  expect(await statesOf("update blobs set body = null")).toEqual([undefined, OUTSIDE_VERBS]);
  const { rows } = await db.pools.admin.query<{ sha256: string }>(
    "update blobs set body = null where sha256 = (select sha256 from blobs order by sha256 limit 1) returning encode(sha256, 'hex') as sha256",
  );
  const events = await db.pools.auditor.query(
    "select subject_id, severity from audit_events where event_type = 'payload.erased'",
  );
  expect(events.rows).toEqual([{ subject_id: rows[0]?.sha256, severity: "critical" }]);
});

test("a body that is not what its hash says cannot be stored", async () => {
  expect(
    await statesOf("insert into blobs (sha256, size, media_type, body) values (sha256('a'), 1, 'x', 'b')"),
  ).toEqual(["23514", OUTSIDE_VERBS]);
});

test("bytes are stored by who may: a runtime with its token, nobody more than 32 MiB, and no large objects", async () => {
  const { agent, manager, auditor } = db.pools;
  const store = "select put_agent_blobs($1, array['x'::bytea], '{text/plain}') as sha256";
  await expect(agent.query(store, ["no such token"])).rejects.toMatchObject({ code: "AU005" });
  expect((await agent.query(store, [runtime.token])).rows).toHaveLength(1);
  await expect(agent.query("select put_blobs(array['x'::bytea], '{x}')")).rejects.toMatchObject({ code: "42501" });
  const large = "array[decode(repeat('00', 32 * 1024 * 1024 + 1), 'hex')], '{x}'";
  await expect(manager.query(`select put_blobs(${large})`)).rejects.toMatchObject({ code: "AU001" });
  await expect(agent.query(`select put_agent_blobs($1, ${large})`, [runtime.token])).rejects.toMatchObject({
    code: "AU001",
  });
  for (const pool of [agent, manager, auditor, db.pools.observer, db.pools.migrator]) {
    await expect(pool.query("select lo_from_bytea(0, 'x')")).rejects.toMatchObject({ code: "42501" });
    await expect(pool.query("select lo_create(0)")).rejects.toMatchObject({ code: "42501" });
  }
});
