import { newId } from "@aura/shared/models/ids";
import { putJson } from "@aura/shared/postgres/blobs";
import { callVerb, callVerbRows } from "@aura/shared/postgres/verbs";
import {
  addTestTask,
  agentId,
  allDone,
  assignAndAccept,
  assignTestTask,
  createTestAgent,
  createTestRun,
  createTestRuntime,
  directorAction,
  hash,
  judgeTestAttempt,
  landAndVerify,
  MANAGER,
  putAgentJson,
  RUNTIME,
  submitTestAttempt,
  type TestClaim,
  type TestRun,
  type TestRuntime,
  taskStatus,
  testContext,
} from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

let db: TestDatabase;
let runtime: TestRuntime;
let run: TestRun;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  runtime = await createTestRuntime(db);
  run = await createTestRun(db);
});

const refused = (code: string) => expect.objectContaining({ outcome: "refused", code });
const done = expect.objectContaining({ outcome: "done", code: null });

async function freshClaim(kind: "implement" | "review" = "review"): Promise<TestClaim> {
  const task = await addTestTask(db, run, { kind });
  return assignAndAccept(db, runtime, task, await createTestAgent(db, runtime, [kind]));
}

/** What is accepted of the current run; agents of earlier tests may have work left. */
async function accept(token: string, limit = 100) {
  const rows = await callVerbRows<{ task_id: string; run_id: string }>(
    db.pools.agent,
    "accept_tasks",
    RUNTIME,
    token,
    limit,
    60,
  );
  return rows.filter((row) => row.run_id === run.run_id);
}

function submit(token: string, claims: readonly TestClaim[], product: string) {
  const same = <T>(value: T) => claims.map(() => value);
  const args = [
    claims.map((c) => c.task_id),
    claims.map((c) => c.claim_id),
    same(hash(product)),
    same(null),
    same("0.5"),
  ];
  return callVerb(db.pools.agent, "submit_attempts", RUNTIME, token, ...args);
}

async function refusedEvents(verb: string, taskId: string) {
  const { rows } = await db.pools.auditor.query(
    `select severity, convert_from(env, 'UTF8')::jsonb->'set'->>'code' as code from audit_events where event_type = $1 and task_id = $2`,
    [`${verb}.refused`, taskId],
  );
  return rows;
}

test("a stale claim in a batch is refused and recorded, the others go through", async () => {
  const [good, stale] = [await freshClaim(), await freshClaim()];
  const product = await putAgentJson(db, runtime.token, { n: 1 });
  const outcomes = await submit(
    runtime.token,
    [good, { ...stale, claim_id: String(Number(stale.claim_id) - 1) }, { ...good, task_id: newId() }],
    product,
  );
  expect(outcomes).toEqual([done, refused("stale_claim"), refused("not_found")]);
  expect(await taskStatus(db, good.task_id)).toBe("submitted");
  expect(await taskStatus(db, stale.task_id)).toBe("running");
  expect(await refusedEvents("submit_attempts", stale.task_id)).toEqual([{ severity: "warning", code: "stale_claim" }]);
});

test("a runtime accepts only what is assigned to its own agents, and cannot use another's claim", async () => {
  const claim = await freshClaim();
  const other = await createTestRuntime(db); // takes over the roster, not the agent made for the claim
  const task = await addTestTask(db, run, { kind: "review" });
  const agent = await createTestAgent(db, runtime, ["review"]);
  await allDone(assignTestTask(db, task, agent));
  expect(await accept(other.token)).toEqual([]);
  const product = await putAgentJson(db, runtime.token, { n: 2 });
  expect(await submit(other.token, [claim], product)).toEqual([refused("wrong_runtime")]);
  expect(await submit("no such token at all, but a long one", [claim], product)).toEqual([refused("unauthenticated")]);
  await expect(accept("no such token at all, but a long one")).rejects.toMatchObject({ code: "unauthenticated" });
  expect((await accept(runtime.token)).map((row) => row.task_id)).toContain(task);
});

test("an agent is named as the actor only by the runtime that hosts it", async () => {
  const claim = await freshClaim();
  const other = await createTestRuntime(db);
  const lie = { ...testContext("agent", "reviewer") };
  const product = await putAgentJson(db, runtime.token, { n: 3 });
  const args = [runtime.token, [claim.task_id], [claim.claim_id], [hash(product)], [null], [null]];
  expect(await callVerb(db.pools.agent, "submit_attempts", lie, ...args)).toEqual([done]);
  const { rows } = await db.pools.auditor.query(
    "select actor_kind, actor_id from audit_events where event_type = 'task.submitted' and task_id = $1",
    [claim.task_id],
  );
  expect(rows).toEqual([{ actor_kind: "runtime", actor_id: runtime.runtime_id }]);
  expect(other.runtime_id).not.toBe(runtime.runtime_id);
});

test("two runtimes that accept at once never get the same task", async () => {
  const tasks = await Promise.all(Array.from({ length: 12 }, () => addTestTask(db, run, { kind: "review" })));
  for (const task of tasks) await allDone(assignTestTask(db, task, await createTestAgent(db, runtime, ["review"])));
  const accepted = (await Promise.all(Array.from({ length: 6 }, () => accept(runtime.token, 5)))).flat();
  const ids = accepted.map((row) => row.task_id);
  expect(new Set(ids).size).toBe(ids.length);
  ids.push(...(await accept(runtime.token)).map((row) => row.task_id));
  expect([...ids].sort()).toEqual([...tasks].sort());
});

test("assignment asks for an agent that is able, free, alive and in good standing", async () => {
  const task = await addTestTask(db, run, { kind: "implement" });
  expect(await assignTestTask(db, task, "reviewer")).toEqual([refused("not_capable")]);
  const agent = await createTestAgent(db, runtime, ["implement"]);
  await directorAction(db, "suspend_agent", await agentId(db, agent));
  expect(await assignTestTask(db, task, agent)).toEqual([refused("agent_unavailable")]);
  await directorAction(db, "reinstate_agent", await agentId(db, agent));
  await db.pools.admin.query("update runtime_heartbeats set seen_at = now() - interval '1 minute'");
  expect(await assignTestTask(db, task, agent)).toEqual([refused("agent_unbound")]);
  await callVerbRows(db.pools.agent, "accept_tasks", RUNTIME, runtime.token, 0, 30);
  await db.pools.agent.query("select * from beat_runtime($1, '{}', '{}', 30)", [runtime.token]);
  expect(await assignTestTask(db, task, agent)).toEqual([done]);
  expect(await assignTestTask(db, await addTestTask(db, run), agent)).toEqual([refused("agent_busy")]);
  expect(await assignTestTask(db, task, agent)).toEqual([refused("illegal_transition")]);
});

test("nothing is assigned or accepted in a paused run, nor anywhere after stop_all", async () => {
  const [ready, assigned] = [
    await addTestTask(db, run, { kind: "review" }),
    await addTestTask(db, run, { kind: "review" }),
  ];
  const agents = [
    await createTestAgent(db, runtime, ["review"]),
    await createTestAgent(db, runtime, ["review"]),
  ] as const;
  await allDone(assignTestTask(db, assigned, agents[0]));
  await directorAction(db, "pause", run.run_id);
  expect(await assignTestTask(db, ready, agents[1])).toEqual([refused("run_paused")]);
  expect(await accept(runtime.token)).toEqual([]);
  await directorAction(db, "resume", run.run_id);
  await directorAction(db, "stop_all", null);
  expect(await assignTestTask(db, ready, agents[1])).toEqual([refused("system_stopped")]);
  expect(await accept(runtime.token)).toEqual([]);
  await directorAction(db, "resume_all", null);
  expect(await accept(runtime.token)).toHaveLength(1);
});

test("who coded in a run writes no tests and reviews nothing of it; who wrote tests does not code", async () => {
  const both = await createTestAgent(db, runtime, ["implement", "acceptance_tests", "review"]);
  const claim = await assignAndAccept(db, runtime, await addTestTask(db, run, { kind: "implement" }), both);
  await submitTestAttempt(db, claim);
  expect(await assignTestTask(db, await addTestTask(db, run, { kind: "acceptance_tests" }), both)).toEqual([
    refused("conflict_of_roles"),
  ]);
  expect(await assignTestTask(db, await addTestTask(db, run, { kind: "review" }), both)).toEqual([
    refused("conflict_of_roles"),
  ]);
  run = await createTestRun(db);
  const tester = await createTestAgent(db, runtime, ["implement", "acceptance_tests"]);
  await submitTestAttempt(
    db,
    await assignAndAccept(db, runtime, await addTestTask(db, run, { kind: "acceptance_tests" }), tester),
  );
  expect(await assignTestTask(db, await addTestTask(db, run), tester)).toEqual([refused("conflict_of_roles")]);
});

test("roles are kept apart from the assignment on, also within one call and between two at once", async () => {
  const fresh = await createTestRun(db);
  const task = (kind: "implement" | "acceptance_tests" | "review") => addTestTask(db, fresh, { kind });
  const context = hash(await putJson(db.pools.manager, { task: "any" }));
  const twice = async (first: string, second: string) => {
    const agent = await agentId(db, await createTestAgent(db, runtime, ["implement", "acceptance_tests", "review"]));
    await db.pools.admin.query("update agents set max_concurrent = 4 where id = $1", [agent]);
    const assign = (...tasks: string[]) =>
      callVerb(
        db.pools.manager,
        "assign_tasks",
        MANAGER,
        tasks,
        tasks.map(() => agent),
        tasks.map(() => context),
      );
    return { inOneCall: () => assign(first, second), assign };
  };
  for (const [first, second] of [
    ["implement", "acceptance_tests"],
    ["acceptance_tests", "implement"],
    ["implement", "review"],
    ["review", "implement"],
  ] as const) {
    const one = await twice(await task(first), await task(second));
    expect(await one.inOneCall(), `${first} and ${second}`).toEqual([done, refused("conflict_of_roles")]);
    expect(await one.assign(await task(second)), `${second} while assigned`).toEqual([refused("conflict_of_roles")]);
    const [a, b] = [await task(first), await task(second)];
    const atOnce = await twice(a, b);
    const outcomes = (await Promise.all([atOnce.assign(a), atOnce.assign(b)])).flat();
    expect(outcomes.filter((outcome) => outcome.outcome === "done")).toHaveLength(1);
  }
});

test("a service moves a task only by the verb that the move belongs to, though another verb makes the same move", async () => {
  const claim = await freshClaim();
  await db.pools.admin.query("update task_leases set expires_at = now() where task_id = $1", [claim.task_id]);
  const requeue = () => callVerb(db.pools.manager, "requeue_tasks", MANAGER, [claim.task_id], ["test"], [false]);
  const rule = "from_status = 'running' and to_status = 'ready' and verb = 'requeue_tasks'";
  const release = await db.pools.admin.connect();
  try {
    await release.query("select guard.open_release()");
    await release.query(`delete from task_transitions where ${rule}`);
    await expect(requeue()).rejects.toMatchObject({ code: "AU002" });
    await release.query("insert into task_transitions values ('running', 'ready', 'requeue_tasks')");
  } finally {
    release.release(true);
  }
  expect(await requeue()).toEqual([done]);
});

test("a running task goes back only when its lease ran out, its agent ended it, or its agent was suspended", async () => {
  const requeue = (claim: TestClaim, charged = false) =>
    callVerb(db.pools.manager, "requeue_tasks", MANAGER, [claim.task_id], ["test"], [charged]);
  const alive = await freshClaim();
  expect(await requeue(alive)).toEqual([refused("lease_alive")]);
  await db.pools.admin.query("update task_leases set expires_at = now() - interval '1 second' where task_id = $1", [
    alive.task_id,
  ]);
  expect(await requeue(alive)).toEqual([done]);
  const gaveUp = await freshClaim();
  const end = [runtime.token, [gaveUp.task_id], [gaveUp.claim_id], ["gave_up"], ["stuck"], ["no idea"], [null]];
  await allDone(callVerb(db.pools.agent, "end_attempts", RUNTIME, ...end));
  expect(await submit(runtime.token, [gaveUp], await putAgentJson(db, runtime.token, {}))).toEqual([
    refused("stale_claim"),
  ]);
  expect(await requeue(gaveUp, true)).toEqual([done]);
  const { rows } = await db.pools.manager.query(
    "select t.status, t.deaths, t.failures, t.claim_id, p.outcome, p.charged from task_queue t join task_attempts p on p.task_id = t.id where t.id = any ($1) order by p.outcome",
    [[alive.task_id, gaveUp.task_id]],
  );
  expect(rows).toEqual([
    { status: "ready", deaths: 1, failures: 0, claim_id: null, outcome: "expired", charged: false },
    { status: "ready", deaths: 0, failures: 1, claim_id: null, outcome: "gave_up", charged: true },
  ]);
});

test("a renewed lease is held; a stale claim, a cancelled task and a stopped system are told to stop", async () => {
  const [kept, cancelled] = [await freshClaim(), await freshClaim()];
  await allDone(callVerb(db.pools.manager, "cancel_tasks", MANAGER, [cancelled.task_id], ["test"]));
  const beat = async () =>
    (
      await db.pools.agent.query("select held from beat_runtime($1, $2, $3, 30)", [
        runtime.token,
        [kept.task_id, cancelled.task_id],
        [kept.claim_id, cancelled.claim_id],
      ])
    ).rows;
  expect(await beat()).toEqual([{ held: true }, { held: false }]);
  await directorAction(db, "stop_all", null);
  expect(await beat()).toEqual([{ held: false }, { held: false }]);
  await directorAction(db, "resume_all", null);
});

test("a task is ready once its dependencies are verified, and not before", async () => {
  const first = await addTestTask(db, run, { kind: "implement" });
  const second = await addTestTask(db, run, { kind: "implement", depends_on: [first] });
  const release = () => callVerb(db.pools.manager, "release_tasks", MANAGER, [second]);
  expect(await taskStatus(db, second)).toBe("blocked");
  expect(await release()).toEqual([refused("dependencies_open")]);
  const claim = await assignAndAccept(db, runtime, first);
  await submitTestAttempt(db, claim);
  await landAndVerify(db, claim, await judgeTestAttempt(db, claim, "accepted"));
  expect(await release()).toEqual([done]);
});

test("a plan's tasks are added whole: who depends on a refused one is refused too, and the same again changes nothing", async () => {
  const spec_sha256 = await putJson(db.pools.manager, {});
  const task = (id: string, key: string, depends_on: string[]) => ({
    id,
    kind: "implement",
    key,
    title: key,
    spec_sha256,
    priority: 0,
    depends_on,
    usd_limit: null,
    tokens_limit: null,
    repairs_task_id: null,
    disputes_test_ids: [],
    requirements: [],
  });
  const [a, b, c, d] = [newId(), newId(), newId(), newId()] as const;
  const tasks = [task(a, "A1", []), task(b, "REQ", []), task(c, "C1", [b]), task(d, "D1", [a])];
  const add = () => callVerb(db.pools.manager, "add_tasks", MANAGER, run.run_id, tasks);
  expect(await add()).toEqual([done, refused("key_taken"), refused("not_found"), done]);
  const events = async () =>
    (
      await db.pools.auditor.query(
        "select count(*)::int as n from audit_events where event_type = 'task.created' and run_id = $1",
        [run.run_id],
      )
    ).rows;
  const before = await events();
  expect((await add())[0]).toEqual(done);
  expect(await events()).toEqual(before);
});

test("a malformed call raises and changes nothing", async () => {
  const claim = await freshClaim();
  const ids = [claim.task_id];
  await expect(
    callVerb(db.pools.manager, "cancel_tasks", { ...MANAGER, actor_kind: "agent" }, ids, ["x"]),
  ).rejects.toMatchObject({ code: "validation_failed" });
  await expect(
    callVerb(db.pools.manager, "cancel_tasks", { ...MANAGER, actor_id: "" }, ids, ["x"]),
  ).rejects.toMatchObject({ code: "validation_failed" });
  await expect(callVerb(db.pools.manager, "cancel_tasks", MANAGER, ids, ["x", "y"])).rejects.toMatchObject({
    code: "validation_failed",
  });
  await expect(callVerb(db.pools.manager, "cancel_tasks", MANAGER, [...ids, ...ids], ["x", "y"])).rejects.toMatchObject(
    { code: "validation_failed" },
  );
  expect(await taskStatus(db, claim.task_id)).toBe("running");
});

test.each([
  [null, null, "openai,ollama", "gpt-5,qwen3"],
  ["ollama", null, "ollama", "qwen3"],
  ["ollama", "gpt-5", "ollama", "gpt-5"],
  ["ollama", "unheard-of", "ollama", "qwen3"],
  ["gemini", "unheard-of", "openai,ollama", "gpt-5,qwen3"],
])(
  "an agent set to %s/%s works for a run that allows two providers with %s/%s",
  async (provider, model, asked, named) => {
    run = await createTestRun(db, { provider: "openai, ollama", model: "gpt-5, qwen3" });
    const agent = await createTestAgent(db, runtime, ["review"]);
    await db.pools.admin.query("update agents set provider = $2, model = $3 where slug = $1", [agent, provider, model]);
    await assignTestTask(db, await addTestTask(db, run, { kind: "review" }), agent);
    const [row] = (await accept(runtime.token)) as unknown as { provider: string; model: string }[];
    expect([row?.provider.replace(" ", ""), row?.model.replace(" ", "")]).toEqual([asked, named]);
  },
);
