import { APPROVAL_STATUSES, RUN_STATUSES } from "@aura/shared/enums/run";
import { TASK_STATUSES, type TaskStatus } from "@aura/shared/enums/task";
import { sqlState } from "@aura/shared/postgres/client";
import { assignTestTask, createTestRun, createTestRuntime, taskInState } from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";

const ILLEGAL = "AU002";

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

/** What a superuser gets for a statement past the verbs; rolled back. */
async function tryAsSuperuser(statement: string, values: readonly unknown[]): Promise<string | undefined> {
  const client = await db.pools.admin.connect();
  try {
    await client.query("begin");
    await client.query(statement, [...values]);
    return undefined;
  } catch (error) {
    return sqlState(error);
  } finally {
    await client.query("rollback");
    client.release();
  }
}

async function legalMoves(table: string): Promise<Set<string>> {
  const { rows } = await db.pools.admin.query<{ move: string }>(
    `select distinct from_status || '>' || to_status as move from ${table}`,
  );
  return new Set(rows.map((row) => row.move));
}

test("all 100 pairs of task states: the superuser himself moves a task only along task_transitions", async () => {
  const legal = await legalMoves("task_transitions");
  const runtime = await createTestRuntime(db);
  const run = await createTestRun(db);
  const wrong: string[] = [];
  for (const from of TASK_STATUSES) {
    const task = await taskInState(db, runtime, run, from);
    for (const to of TASK_STATUSES) {
      const state = await tryAsSuperuser(
        "update task_queue set status = $2, claim_id = coalesce(claim_id, 0), assigned_agent = coalesce(assigned_agent, case $2 when 'assigned' then 'x' end) where id = $1",
        [task, to],
      );
      const expected = from === to || legal.has(`${from}>${to}`) ? undefined : state === "23514" ? "23514" : ILLEGAL;
      if (state !== expected) wrong.push(`${from} to ${to}: ${state}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(legal.size).toBe(28);
}, 60_000);

test("a task is born blocked or ready, without an agent", async () => {
  const run = await createTestRun(db);
  const insert = (status: TaskStatus) =>
    tryAsSuperuser(
      `insert into task_queue (id, run_id, status, kind, key, title, spec_sha256, claim_id, assigned_agent)
       select gen_random_uuid(), $1, $2, 'review', 'X1', 'x', spec_sha256, 1, case when $2 in ('assigned', 'running') then 'x' end from task_queue limit 1`,
      [run.run_id, status],
    );
  for (const status of TASK_STATUSES) {
    expect(await insert(status), status).toBe(status === "blocked" || status === "ready" ? undefined : ILLEGAL);
  }
});

test("assigned_agent changes with an assignment or its withdrawal, and never else", async () => {
  const runtime = await createTestRuntime(db);
  const run = await createTestRun(db);
  for (const status of ["ready", "running", "submitted", "verified"] as const) {
    const task = await taskInState(db, runtime, run, status);
    const state = await tryAsSuperuser("update task_queue set assigned_agent = 'somebody' where id = $1", [task]);
    expect(state, status).toBe(ILLEGAL);
  }
  const ready = await taskInState(db, runtime, run, "ready");
  const [outcome] = await assignTestTask(db, ready, "reviewer");
  expect(outcome).toMatchObject({ outcome: "done" });
});

test("runs and approvals move along their tables of moves only, and are born at the start", async () => {
  const run = await createTestRun(db);
  const runMoves = await legalMoves("run_transitions");
  for (const to of RUN_STATUSES) {
    const state = await tryAsSuperuser(
      "update orchestra_runs set status = $2, stop_reason = case when $2 in ('completed', 'failed', 'cancelled') then 'stuck' end where id = $1",
      [run.run_id, to],
    );
    expect(state, to).toBe(to === "planning" || runMoves.has(`planning>${to}`) ? undefined : ILLEGAL);
  }
  const approvalMoves = await legalMoves("approval_transitions");
  await db.pools.admin.query(
    `insert into approvals (id, run_id, kind, digest, content_sha256, expires_at)
     select gen_random_uuid(), $1, 'plan', sha256('x'), spec_sha256, now() from task_queue limit 1`,
    [run.run_id],
  );
  for (const to of APPROVAL_STATUSES) {
    const state = await tryAsSuperuser("update approvals set status = $2 where run_id = $1", [run.run_id, to]);
    expect(state, to).toBe(to === "pending" || approvalMoves.has(`pending>${to}`) ? undefined : ILLEGAL);
  }
});
