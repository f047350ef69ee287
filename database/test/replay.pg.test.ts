import { TASK_STATUSES } from "@aura/shared/enums/task";
import { callVerb } from "@aura/shared/postgres/verbs";
import { createTestRun, createTestRuntime, directorAction, MANAGER, taskInState } from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

async function mismatches(limit = 100) {
  return (await db.pools.auditor.query("select * from replay_mismatches($1)", [limit])).rows;
}

beforeEach(async () => {
  expect(await mismatches()).toEqual([]);
});

/** The superuser, with every trigger off: nothing prevents him, and nothing is logged. */
async function behindTheTriggers(statement: string, values: readonly unknown[] = []): Promise<void> {
  const client = await db.pools.admin.connect();
  await client.query("set session_replication_role = replica");
  await client.query(statement, [...values]);
  client.release(true);
}

test("after tasks in every state and interventions of the Director the log gives exactly the tables", async () => {
  const runtime = await createTestRuntime(db);
  const run = await createTestRun(db);
  for (const status of TASK_STATUSES)
    await taskInState(db, runtime, run, status, status === "verified" ? "implement" : "review");
  for (const [action, args] of [
    ["pause", {}],
    ["resume", {}],
    ["set_budget", { usd: "7.5" }],
    ["set_aside", { block_id: "B2" }],
  ] as const) {
    expect(await directorAction(db, action, run.run_id, args)).toMatchObject({ outcome: "done" });
  }
  expect(await directorAction(db, "cancel", run.run_id)).toMatchObject({ outcome: "done" });
  expect(await mismatches()).toEqual([]);
});

test("a row that was changed, added or removed behind the triggers is named", async () => {
  const runtime = await createTestRuntime(db);
  const run = await createTestRun(db);
  const task = await taskInState(db, runtime, run, "submitted");
  await behindTheTriggers("update task_queue set status = 'verified' where id = $1", [task]);
  expect(await mismatches()).toEqual([
    { table_name: "task_queue", subject_id: task, column_name: "status", expected: "submitted", actual: "verified" },
  ]);
  await behindTheTriggers("update task_queue set status = 'submitted' where id = $1", [task]);
  const other = (await createTestRun(db)).first_task_id;
  await behindTheTriggers("delete from task_queue where id = $1", [other]);
  const { rows } = await db.pools.auditor.query("select to_jsonb(t) as task from task_queue t where id = $1", [task]);
  expect(rows).toHaveLength(1);
  expect(await mismatches()).toEqual([
    { table_name: "task_queue", subject_id: other, column_name: "*", expected: "a row", actual: "no row" },
  ]);
  expect(await mismatches(0)).toEqual([]);
  await behindTheTriggers(
    `insert into task_queue (id, run_id, status, created_at, kind, key, title, spec_sha256)
     select $1, r.id, 'ready', now(), 'requirements', 'REQ', 'Requirements', spec_sha256 from orchestra_runs r, task_queue t
     where not exists (select from task_queue q where q.run_id = r.id) limit 1`,
    [other],
  );
});

test("a change whose transaction began earlier but waited for the row counts as the later one", async () => {
  const run = await createTestRun(db);
  const other = await createTestRun(db);
  const waiting = await db.pools.manager.connect();
  const first = await db.pools.manager.connect();
  await waiting.query("begin");
  await callVerb(waiting, "set_confidence", MANAGER, [other.run_id], ["0.5"]); // takes its transaction number now
  await first.query("begin");
  await callVerb(first, "set_confidence", MANAGER, [run.run_id], ["0.1"]);
  const blocked = callVerb(waiting, "set_confidence", MANAGER, [run.run_id], ["0.9"]);
  await expect
    .poll(async () => (await db.pools.admin.query("select count(*)::int as n from pg_locks where not granted")).rows[0])
    .toMatchObject({ n: 1 });
  await first.query("commit");
  await blocked;
  await waiting.query("commit");
  for (const client of [waiting, first]) client.release();
  const { rows } = await db.pools.auditor.query("select confidence_score from orchestra_runs where id = $1", [
    run.run_id,
  ]);
  expect(rows).toEqual([{ confidence_score: "0.9" }]);
  expect(await mismatches()).toEqual([]);
});

test("no table hides another, and the blocks of a PRD are those of its document", async () => {
  const run = await createTestRun(db);
  await behindTheTriggers("update orchestra_runs set priority = 7 where id = $1", [run.run_id]);
  await behindTheTriggers("update task_queue set priority = 7 where run_id = $1", [run.run_id]);
  await behindTheTriggers(
    "update prd_blocks set body = 'It adds three numbers.' where prd_id = $1 and block_id = 'B2'",
    [run.prd_id],
  );
  const tables = (await mismatches(1)).map((row) => row.table_name);
  expect(tables).toEqual(["orchestra_runs", "task_queue", "prd_blocks"]);
  await behindTheTriggers("update orchestra_runs set priority = 0 where id = $1", [run.run_id]);
  await behindTheTriggers("update task_queue set priority = 0 where run_id = $1", [run.run_id]);
  await behindTheTriggers("update prd_blocks set body = 'It adds two numbers.' where prd_id = $1 and block_id = 'B2'", [
    run.prd_id,
  ]);
});
