import { newId } from "@aura/shared/models/ids";
import { callVerb } from "@aura/shared/postgres/verbs";
import {
  addTestTask,
  agentId,
  createTestAgent,
  createTestRun,
  createTestRuntime,
  directorAction,
  MANAGER,
  openTestApproval,
  runRow,
  type TestApproval,
  type TestRun,
  type TestRuntime,
  taskInState,
  taskStatus,
} from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

let db: TestDatabase;
let runtime: TestRuntime;
let run: TestRun;
beforeAll(async () => {
  db = await testDatabase();
  runtime = await createTestRuntime(db);
});
afterAll(() => db.close());
beforeEach(async () => {
  run = await createTestRun(db, { oversight: "supervised" });
});

const refused = (code: string) => expect.objectContaining({ outcome: "refused", code });
const done = expect.objectContaining({ outcome: "done" });
const act = (action: string, target: string | null, args: object = {}) => directorAction(db, action, target, args);

async function withKey(key: string | null, action: string, target: string | null, reason = "a good reason") {
  return (await callVerb(db.pools.manager, "take_director_action", MANAGER, key, action, target, reason, {}))[0];
}

async function actions(targetId: string) {
  const { rows } = await db.pools.manager.query(
    "select director_id, action, outcome, code from director_actions where target_id = $1 order by id",
    [targetId],
  );
  return rows;
}

test("the Manager cannot act for the Director: an invented key changes nothing, writes no act, and is on record", async () => {
  for (const key of ["invented", "", null])
    expect(await withKey(key, "cancel", run.run_id)).toEqual(refused("unauthenticated"));
  expect(await runRow(db, run.run_id)).toMatchObject({ status: "planning" });
  expect((await actions(run.run_id)).map((row) => row.action)).toEqual(["create_run"]);
  const insert =
    "insert into director_actions (id, director_id, action) values (gen_random_uuid(), 'director', 'cancel')";
  await expect(db.pools.manager.query(insert)).rejects.toMatchObject({ code: "42501" });
  const { rows } = await db.pools.auditor.query(
    "select severity, actor_kind from audit_events where event_type = 'take_director_action.refused' limit 1",
  );
  expect(rows).toEqual([{ severity: "warning", actor_kind: "manager" }]);
});

test("a key with another role may look and not act; a revoked or expired one is no key", async () => {
  const key = (name: string, role: string, extra: string) =>
    db.pools.admin.query(
      `insert into api_keys (id, name, role, key_sha256, expires_at, revoked_at) values (gen_random_uuid(), $1, $2, sha256(convert_to($1, 'UTF8')), ${extra})`,
      [name, role],
    );
  await key("observer-key", "observer", "null, null");
  await key("expired-key", "director", "now() - interval '1 second', null");
  await key("revoked-key", "director", "null, now()");
  expect(await withKey("observer-key", "pause", run.run_id)).toEqual(refused("forbidden"));
  expect(await actions(run.run_id)).toContainEqual({
    director_id: "observer-key",
    action: "pause",
    outcome: "refused",
    code: "forbidden",
  });
  for (const name of ["expired-key", "revoked-key"])
    expect(await withKey(name, "pause", run.run_id)).toEqual(refused("unauthenticated"));
  const { rows } = await db.pools.manager.query(
    "select role from authenticate_key('observer-key') union all select role from authenticate_key('expired-key')",
  );
  expect(rows).toEqual([{ role: "observer" }]);
});

test("every act needs a reason, and each is one row and one event under the key's name", async () => {
  expect(await withKey(db.directorKey, "pause", run.run_id, "no")).toEqual(refused("validation_failed"));
  expect(await act("pause", run.run_id)).toEqual(done);
  expect(await act("pause", run.run_id)).toEqual(refused("illegal_transition"));
  expect((await actions(run.run_id)).map((row) => row.outcome)).toEqual(["done", "refused", "done", "refused"]);
  const { rows } = await db.pools.auditor.query(
    "select actor_kind, actor_id from audit_events where event_type = 'run.changed' and run_id = $1",
    [run.run_id],
  );
  expect(rows).toEqual([{ actor_kind: "director", actor_id: "director" }]);
});

test("cancelling a run cancels its open tasks, voids its approvals and ends it, in one transaction", async () => {
  const task = await taskInState(db, runtime, run, "running");
  const { id: gate } = await question(task, "left or right?");
  expect(await act("cancel", run.run_id)).toEqual(done);
  expect(await runRow(db, run.run_id)).toMatchObject({ status: "cancelled", stop_reason: "cancelled" });
  expect([await taskStatus(db, task), await taskStatus(db, run.first_task_id)]).toEqual(["cancelled", "cancelled"]);
  expect(await act("answer", gate, { answer: "too late" })).toEqual(refused("approval_used"));
  expect(await act("retry_task", task)).toEqual(refused("illegal_transition"));
});

async function question(taskId: string, text: string): Promise<TestApproval> {
  return openTestApproval(db, run.run_id, "question", taskId, { question: text });
}

test("a task waits until every question about it is answered", async () => {
  const task = await taskInState(db, runtime, run, "awaiting_director");
  const [first, second] = [await question(task, "left or right?"), await question(task, "one or both?")];
  expect(await act("approve", first.id, { digest: first.digest })).toEqual(refused("illegal_transition"));
  expect(await act("answer", first.id, { answer: " " })).toEqual(refused("validation_failed"));
  expect(await act("answer", first.id, { answer: "the left one" })).toEqual(done);
  expect(await taskStatus(db, task)).toBe("awaiting_director");
  expect(await act("answer", second.id, { answer: "both" })).toEqual(done);
  expect(await taskStatus(db, task)).toBe("ready");
});

test("an expired approval is not decided any more", async () => {
  const { id: gate } = await question(run.first_task_id, "now or never?");
  await db.pools.admin.query("update approvals set expires_at = now() - interval '1 second' where id = $1", [gate]);
  expect(await act("answer", gate, { answer: "late" })).toEqual(refused("illegal_transition"));
  expect(await callVerb(db.pools.manager, "settle_approvals", MANAGER, [gate], ["expired"], [null])).toEqual([done]);
});

test("retrying and reassigning bring a task back with fresh counts and the wanted agent", async () => {
  for (const status of ["awaiting_director", "failed"] as const) {
    const task = await taskInState(db, runtime, run, status);
    expect(await act("retry_task", task)).toEqual(done);
    expect(await taskStatus(db, task)).toBe("ready");
  }
  const slug = await createTestAgent(db, runtime, ["review"]);
  const agent_id = await agentId(db, slug);
  for (const status of ["ready", "assigned", "running", "awaiting_director"] as const) {
    const task = await taskInState(db, runtime, run, status);
    expect(await act("reassign_task", task, { agent_id }), status).toEqual(done);
    const { rows } = await db.pools.manager.query(
      "select status, preferred_agent_id, claim_id from task_queue where id = $1",
      [task],
    );
    expect(rows).toEqual([{ status: "ready", preferred_agent_id: agent_id, claim_id: null }]);
  }
  const submitted = await taskInState(db, runtime, run, "submitted");
  expect(await act("reassign_task", submitted, { agent_id })).toEqual(refused("illegal_transition"));
});

test("an overridden verdict stays marked", async () => {
  const task = await taskInState(db, runtime, run, "rejected");
  expect(await act("override_verdict", task, { verdict: "fail" })).toEqual(refused("validation_failed"));
  expect(await act("override_verdict", task, { verdict: "pass" })).toEqual(done);
  const { rows } = await db.pools.manager.query("select status, overridden from task_queue where id = $1", [task]);
  expect(rows).toEqual([{ status: "verified", overridden: true }]);
  expect(await act("override_verdict", await addTestTask(db, run), { verdict: "pass" })).toEqual(
    refused("illegal_transition"),
  );
});

test("agents are made, suspended, reinstated and retired; a retired one stays so", async () => {
  const id = newId();
  expect(await act("create_agent", id, { slug: `made-${id.slice(-8)}`, capabilities: ["review"] })).toEqual(done);
  expect(await act("create_agent", newId(), { slug: "analyst", capabilities: ["review"] })).toEqual(
    refused("name_taken"),
  );
  for (const [action, outcome] of [
    ["suspend_agent", done],
    ["reinstate_agent", done],
    ["retire_agent", done],
    ["reinstate_agent", refused("illegal_transition")],
  ] as const) {
    expect(await act(action, id), action).toEqual(outcome);
  }
});

test("an Idempotency-Key works once: the same body is replayed, another refused, a failed one is free again", async () => {
  const scope = newId();
  const [body, other] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const begin = async (value: Buffer) =>
    (await db.pools.manager.query("select * from begin_idempotent($1, 'k', $2)", [scope, value])).rows[0];
  const finish = (status: number | null) =>
    db.pools.manager.query("select finish_idempotent($1, 'k', $2, $3)", [scope, status, Buffer.from("reply")]);
  expect(await begin(body)).toMatchObject({ state: "new" });
  expect(await begin(body)).toMatchObject({ state: "running" });
  await finish(null);
  expect(await begin(body)).toMatchObject({ state: "new" });
  await finish(201);
  expect(await begin(body)).toEqual({ state: "replay", status: 201, reply: Buffer.from("reply") });
  expect(await begin(other)).toMatchObject({ state: "conflict" });
});

test("replies are forgotten after a day, by the Manager alone, and no earlier", async () => {
  const keys = ["young", "old", "old-and-never-ended"];
  for (const key of keys) await db.pools.manager.query("select begin_idempotent('forgetting', $1, sha256('x'))", [key]);
  const aged =
    "update idempotent_replies set created_at = now() - $2::interval where scope = 'forgetting' and key = $1";
  for (const [key, age] of [
    ["young", "23 hours 59 minutes"],
    ["old", "24 hours 1 minute"],
    ["old-and-never-ended", "3 days"],
  ])
    await db.pools.admin.query(aged, [key, age]);
  const forget = (pool: "manager" | "agent", ctx: object = MANAGER) =>
    db.pools[pool].query("select forget_replies($1) as n", [ctx]);
  await expect(forget("agent")).rejects.toMatchObject({ code: "42501" });
  await expect(forget("manager", { ...MANAGER, actor_kind: "director" })).rejects.toMatchObject({ code: "AU001" });
  expect([(await forget("manager")).rows, (await forget("manager")).rows]).toEqual([[{ n: 2 }], [{ n: 0 }]]);
  const { rows } = await db.pools.admin.query("select key from idempotent_replies where scope = 'forgetting'");
  expect(rows).toEqual([{ key: "young" }]);
});

test("an act under the id of an earlier one is that one again, or is refused; at once it takes effect once", async () => {
  const mine = await createTestRun(db);
  const wish = (id: string, action: string, target: string | null, reason = "because", args: object = {}) =>
    callVerb(
      db.pools.manager,
      "take_director_action",
      { ...MANAGER, action_id: id },
      db.directorKey,
      action,
      target,
      reason,
      args,
    );
  const [id, paused] = [newId(), newId()];
  const doneAs = (id: string) => expect.objectContaining({ id, outcome: "done" });
  expect(await wish(id, "set_budget", mine.run_id, "because", { tokens: 5 })).toEqual([doneAs(id)]);
  expect(await act("set_budget", mine.run_id, { tokens: 7 })).toEqual(done);
  expect(await wish(id, "set_budget", mine.run_id, "because", { tokens: 5 })).toEqual([doneAs(id)]);
  const limit = await db.pools.manager.query("select tokens_limit from orchestra_runs where id = $1", [mine.run_id]);
  expect(limit.rows).toEqual([{ tokens_limit: "7" }]);
  for (const other of [
    wish(id, "set_budget", mine.run_id, "because", { tokens: 6 }),
    wish(id, "set_budget", run.run_id, "because", { tokens: 5 }),
    wish(id, "set_budget", mine.run_id, "because of something else", { tokens: 5 }),
    wish(id, "cancel", mine.run_id),
  ]) {
    expect(await other).toEqual([refused("idempotency_conflict")]);
  }
  const twice = await Promise.all([0, 1, 2].map(() => wish(paused, "pause", mine.run_id)));
  expect(twice).toEqual([[doneAs(paused)], [doneAs(paused)], [doneAs(paused)]]);
  const { rows } = await db.pools.manager.query(
    "select action from director_actions where target_id = $1 and outcome = 'done' order by action",
    [mine.run_id],
  );
  expect(rows.map((row) => row.action)).toEqual(["create_run", "pause", "set_budget", "set_budget"]);
  const caused = await db.pools.admin.query(
    `select distinct convert_from(env, 'UTF8')::jsonb->>'action_id' as id from audit_events
      where run_id = $1 and convert_from(env, 'UTF8')::jsonb->'set' ? 'paused_at'`,
    [mine.run_id],
  );
  expect(caused.rows).toEqual([{ id: paused }]);
});
