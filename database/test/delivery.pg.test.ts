import { newId } from "@aura/shared/models/ids";
import { putJson, putTree } from "@aura/shared/postgres/blobs";
import { callVerb, callVerbRows } from "@aura/shared/postgres/verbs";
import type { Requirement } from "@aura/shared/schemas/requirements-product";
import {
  AUDITOR,
  addTestTask,
  agentId,
  allDone,
  assignAndAccept,
  createTestAgent,
  createTestRun,
  createTestRuntime,
  directorAction,
  hash,
  judgeTestAttempt,
  landAndVerify,
  MANAGER,
  RUNTIME,
  recordTestVerification,
  requirementRows,
  runRow,
  sampleTree,
  submitTestAttempt,
  type TestClaim,
  type TestRun,
  type TestRuntime,
  taskStatus,
  testRequirement,
} from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { sealLog } from "@aura/shared/testing/sealing";
import { afterAll, beforeAll, expect, test } from "vitest";

let db: TestDatabase;
let runtime: TestRuntime;
beforeAll(async () => {
  db = await testDatabase();
  runtime = await createTestRuntime(db);
});
afterAll(() => db.close());

const refused = (code: string) => expect.objectContaining({ outcome: "refused", code });
const done = expect.objectContaining({ outcome: "done" });
const manager = (verb: string, ...args: readonly unknown[]) => callVerb(db.pools.manager, verb, MANAGER, ...args);

async function landed(run: TestRun): Promise<{ claim: TestClaim; revision: string }> {
  const task = await addTestTask(db, run);
  const claim = await assignAndAccept(db, runtime, task, await createTestAgent(db, runtime, ["implement"]));
  await submitTestAttempt(db, claim);
  const revision = await landAndVerify(db, claim, await judgeTestAttempt(db, claim, "accepted"));
  return { claim, revision: revision ?? "" };
}

/** A run that was delivered in part, because the Director asked for it. */
async function deliveredRun(): Promise<{ run: TestRun; revision: string }> {
  const run = await createTestRun(db);
  expect(await directorAction(db, "deliver_partial", run.run_id)).toEqual(refused("illegal_transition"));
  await allDone(manager("move_runs", [run.run_id], ["awaiting_director"], ["stuck"], ["nothing moves"]));
  expect(await directorAction(db, "deliver_partial", run.run_id)).toEqual(refused("nothing_delivered"));
  const { revision } = await landed(run);
  const finish = () => manager("finish_runs", [run.run_id], ["completed"], ["partial"], [revision]);
  expect(await finish()).toEqual([refused("illegal_transition")]);
  expect(await directorAction(db, "deliver_partial", run.run_id)).toEqual(done);
  expect(await finish()).toEqual([refused("tasks_open")]);
  await allDone(manager("cancel_tasks", [run.first_task_id], ["ended"]));
  expect(await finish(), "not under a checkpoint").toEqual([refused("log_unsealed")]);
  await sealLog(db);
  expect(await finish()).toEqual([done]);
  expect(await runRow(db, run.run_id)).toMatchObject({
    status: "completed",
    stop_reason: "partial",
    delivered_revision_id: revision,
  });
  return { run, revision };
}

test("a run that continues another starts from exactly the tree that was delivered", async () => {
  const { run: base, revision } = await deliveredRun();
  const run = await createTestRun(db, { base_run_id: base.run_id });
  const { rows } = await db.pools.manager.query<{ tree: string }>(
    "select encode(tree_sha256, 'hex') as tree from revisions where id = $1",
    [revision],
  );
  const other = await putTree(db.pools.manager, sampleTree("other"));
  const adopt = (tree: string) => manager("adopt_base_revision", run.run_id, hash(tree));
  expect(await adopt(other)).toEqual([refused("nothing_delivered")]);
  const [first] = await allDone(adopt(rows[0]?.tree ?? ""));
  expect(await adopt(rows[0]?.tree ?? "")).toEqual([expect.objectContaining({ id: first?.id, outcome: "done" })]);
  expect((await runRow(db, run.run_id)).head_revision_id).toBe(first?.id);
  const plain = await createTestRun(db);
  expect(
    await callVerb(db.pools.manager, "create_run", MANAGER, db.directorKey, {
      id: newId(),
      base_run_id: plain.run_id,
      prd: {},
      first_task: {},
    }),
  ).toEqual([refused("nothing_delivered")]);
});

const acceptanceTest = (id: string, key: string) => ({
  id,
  requirement_ids: [key],
  title: `shows ${key}`,
  body: "assert.ok(true);",
  timeout_s: 15,
});
const SUITE = {
  prelude: "const one = 1;",
  tests: [acceptanceTest("a", "R1"), acceptanceTest("b", "R2")],
  rulings: [],
};

/** Has a task of this kind done and accepted; returns its verification. */
async function accepted(run: TestRun, taskId: string, kind: "requirements" | "acceptance_tests", product: unknown) {
  const claim = await assignAndAccept(db, runtime, taskId, await createTestAgent(db, runtime, [kind]));
  const product_sha256 = await submitTestAttempt(db, claim, product);
  const verification_id = await judgeTestAttempt(db, claim, "accepted", { product_sha256 });
  await landAndVerify(db, claim, verification_id);
  return { run_id: run.run_id, content_sha256: product_sha256, verification_id };
}

async function understood(run: TestRun, requirements: readonly Requirement[]): Promise<void> {
  const product = { requirements, dispositions: [], questions: [] };
  const { verification_id } = await accepted(run, run.first_task_id, "requirements", product);
  const rows = await requirementRows(db, requirements);
  await allDone(manager("adopt_requirements", run.run_id, verification_id, rows, []));
}

const suiteRow = { version: 1, verification_id: null, author_agent_id: null, replaces_test_ids: [] };

async function runWithSuite(): Promise<TestRun> {
  const run = await createTestRun(db);
  await understood(run, [testRequirement("R1"), testRequirement("R2")]);
  const task = await addTestTask(db, run, { kind: "acceptance_tests" });
  const suite = await accepted(run, task, "acceptance_tests", SUITE);
  await allDone(manager("adopt_suite", { ...suiteRow, id: newId(), ...suite }));
  return run;
}

async function treeOf(revision: string): Promise<string> {
  const { rows } = await db.pools.manager.query<{ tree: string }>(
    "select encode(tree_sha256, 'hex') as tree from revisions where id = $1",
    [revision],
  );
  return rows[0]?.tree ?? "";
}

/** Asks for the judgement of the head as a whole; returns the request and the tree. */
async function askForAssembly(run: TestRun): Promise<{ request: string; tree: string }> {
  const { head_revision_id, suite_id, plan_id } = await runRow(db, run.run_id);
  const tree = await treeOf(head_revision_id ?? "");
  const about = { run_id: run.run_id, kind: "assembly", base_revision_id: head_revision_id, tree_sha256: tree };
  const none = { task_id: null, attempt: null, claim_id: null, product_sha256: null, retry: 0 };
  const request = { id: newId(), ...about, ...none, suite_id, plan_id };
  await allDone(manager("request_verifications", [request]));
  return { request: request.id, tree };
}

test("a partial delivery is of landed or judged files, and of what was judged as a whole", async () => {
  const run = await runWithSuite();
  const { claim } = await landed(run);
  const task = await addTestTask(db, run);
  const other = await assignAndAccept(db, runtime, task, await createTestAgent(db, runtime, ["implement"]));
  await submitTestAttempt(db, other);
  const own = sampleTree(claim.task_id);
  const half = new Map([...own, ["half.py", Buffer.from("half = 1\n")]]);
  await judgeTestAttempt(db, other, "rejected", { tree: half });
  const ground = (await runRow(db, run.run_id)).head_revision_id;
  expect(await directorAction(db, "deliver_partial", run.run_id)).toEqual(refused("illegal_transition"));
  await allDone(manager("move_runs", [run.run_id], ["executing"], [null], [null]));
  expect(await directorAction(db, "deliver_partial", run.run_id)).toEqual(done);
  await allDone(manager("cancel_tasks", [task], ["deliver_partial"]));
  const land = async (tree: Map<string, Buffer>) =>
    manager("land_partial_revision", run.run_id, ground, hash(await putTree(db.pools.manager, tree)), "as it is");
  for (const tree of [
    new Map([...half, ["foreign.py", Buffer.from("")]]),
    new Map([...half, ["half.py", Buffer.from("half = 2\n")]]),
    new Map([["half.py", Buffer.from("half = 1\n")]]),
  ]) {
    expect(await land(tree)).toEqual([refused("tree_mismatch")]);
  }
  expect(await land(half)).toEqual([done]);
  const head = (await runRow(db, run.run_id)).head_revision_id;
  const finish = async (revision: string | null) =>
    manager("finish_runs", [run.run_id], ["completed"], ["partial"], [revision]);
  expect(await finish(head)).toEqual([refused("verification_missing")]);
  const { request, tree } = await askForAssembly(run);
  expect(await finish(head), "being judged").toEqual([refused("verification_missing")]);
  await sealLog(db);
  const late = await db.pools.admin.connect();
  await late.query("begin");
  await late.query("set local session_replication_role = replica");
  await late.query("update verification_requests set created_at = now() - interval '11 minutes' where id = $1", [
    request,
  ]);
  const waited = "select code from finish_runs($1, $2, '{completed}', '{partial}', $3)";
  await late.query("set local session_replication_role = origin");
  expect((await late.query(waited, [MANAGER, [run.run_id], [head]])).rows).toEqual([{ code: null }]);
  await late.query("rollback");
  late.release();
  await recordTestVerification(db, request, "rejected", tree);
  expect(await finish(ground), "another revision").toEqual([refused("verification_missing")]);
  await sealLog(db);
  expect(await finish(head)).toEqual([done]);
});

test("a suite is carried over only test by test from the base run, for requirements that are the same", async () => {
  const base = await runWithSuite();
  await landed(base);
  await allDone(manager("move_runs", [base.run_id], ["executing"], [null], [null]));
  await directorAction(db, "deliver_partial", base.run_id);
  const { request, tree } = await askForAssembly(base);
  await recordTestVerification(db, request, "rejected", tree);
  const head = (await runRow(db, base.run_id)).head_revision_id;
  await sealLog(db);
  await allDone(manager("finish_runs", [base.run_id], ["completed"], ["partial"], [head]));
  const next = await createTestRun(db, { base_run_id: base.run_id });
  await understood(next, [testRequirement("R1"), testRequirement("R2", { text: "It does it in a new way." })]);
  const [kept, changed] = SUITE.tests;
  const adopt = async (run: TestRun, suite: object, version = 1) =>
    manager("adopt_suite", {
      ...suiteRow,
      id: newId(),
      run_id: run.run_id,
      version,
      content_sha256: await putJson(db.pools.manager, { ...SUITE, ...suite }),
    });
  for (const suite of [
    { tests: [] },
    { tests: [{ ...kept, body: "assert.ok(1 + 1);" }] },
    { tests: [kept, changed] },
    { tests: [kept, acceptanceTest("c", "R1")] },
    { tests: [kept], prelude: "const one = 2;" },
  ]) {
    expect(await adopt(next, suite), JSON.stringify(suite)).toEqual([refused("verification_missing")]);
  }
  expect(await adopt(await createTestRun(db), { tests: [kept] })).toEqual([refused("verification_missing")]);
  expect(await adopt(next, { tests: [kept] })).toEqual([done]);
  expect(await adopt(next, { tests: [kept] }, 2)).toEqual([refused("verification_missing")]);
});

test("a disputed test is judged by a task of its own, and ruled once", async () => {
  const run = await createTestRun(db);
  const { claim } = await landed(run);
  const judging = await addTestTask(db, run, { kind: "acceptance_tests" });
  const dispute = {
    id: newId(),
    run_id: run.run_id,
    task_id: claim.task_id,
    attempt: claim.attempt,
    test_id: "adds",
    basis: "B2 says otherwise",
    dispute_task_id: judging,
  };
  expect(await manager("open_disputes", [dispute, { ...dispute, id: newId(), attempt: 7 }])).toEqual([
    done,
    refused("not_found"),
  ]);
  expect(await manager("open_disputes", [dispute])).toEqual([done]);
  expect(await manager("open_disputes", [{ ...dispute, id: newId() }])).toEqual([refused("illegal_transition")]);
  const rule = (ruling: string) => manager("rule_disputes", [dispute.id], [ruling]);
  expect(await rule("replaced")).toEqual([refused("verification_missing")]);
  const judge = await assignAndAccept(db, runtime, judging);
  await submitTestAttempt(db, judge);
  await landAndVerify(db, judge, await judgeTestAttempt(db, judge, "accepted"));
  expect([await rule("replaced"), await rule("replaced"), await rule("upheld")]).toEqual([
    [done],
    [done],
    [refused("illegal_transition")],
  ]);
});

test("a submission without a conclusion is judged again, one that was judged is not", async () => {
  const run = await createTestRun(db);
  const task = await addTestTask(db, run);
  const claim = await assignAndAccept(db, runtime, task, await createTestAgent(db, runtime, ["implement"]));
  await submitTestAttempt(db, claim);
  await expect(judgeTestAttempt(db, claim, "accepted", { retry: 1 })).rejects.toThrow("retry_refused");
  await judgeTestAttempt(db, claim, "environment");
  const verification = await judgeTestAttempt(db, claim, "rejected", { retry: 1 });
  await expect(judgeTestAttempt(db, claim, "accepted", { retry: 2 })).rejects.toThrow("retry_refused");
  const { rows } = await db.pools.manager.query<{ request_id: string }>(
    "select request_id from verifications where id = $1",
    [verification],
  );
  expect(await manager("mark_best_attempts", [task], [rows[0]?.request_id])).toEqual([done]);
  expect(await manager("mark_best_attempts", [run.first_task_id], [rows[0]?.request_id])).toEqual([
    refused("not_found"),
  ]);
});

test("an auditor that lost its lease is told to stop", async () => {
  const run = await createTestRun(db);
  const claim = await assignAndAccept(
    db,
    runtime,
    run.first_task_id,
    await createTestAgent(db, runtime, ["requirements"]),
  );
  const product_sha256 = await submitTestAttempt(db, claim);
  const request = {
    id: newId(),
    run_id: run.run_id,
    kind: "requirements",
    task_id: claim.task_id,
    attempt: claim.attempt,
    claim_id: claim.claim_id,
    product_sha256,
    base_revision_id: null,
    tree_sha256: null,
    plan_id: null,
    suite_id: null,
    retry: 0,
  };
  await allDone(manager("request_verifications", [request]));
  const claimIt = () =>
    callVerbRows<{ request_id: string; claim_id: string }>(
      db.pools.auditor,
      "claim_verifications",
      AUDITOR,
      "one",
      10,
      30,
    );
  const [first] = await claimIt();
  const renew = async (holder: string, claimId: string | undefined) =>
    (
      await db.pools.auditor.query("select held from renew_verifications($1, $2, $3, 30)", [
        holder,
        [request.id],
        [claimId],
      ])
    ).rows;
  expect(await renew("one", first?.claim_id)).toEqual([{ held: true }]);
  expect(await renew("two", first?.claim_id)).toEqual([{ held: false }]);
  await db.pools.admin.query("update verification_leases set expires_at = now() - interval '1 second'");
  const [second] = await claimIt();
  expect(second?.request_id).toBe(request.id);
  expect(await renew("one", first?.claim_id)).toEqual([{ held: false }]);
  await directorAction(db, "stop_all", null);
  expect(await renew("one", second?.claim_id)).toEqual([{ held: false }]);
  expect(await claimIt()).toEqual([]);
  await directorAction(db, "resume_all", null);
});

test("an inspection is confirmed by the Director, and only where inspection is the method", async () => {
  const run = await createTestRun(db);
  const claim = await assignAndAccept(
    db,
    runtime,
    run.first_task_id,
    await createTestAgent(db, runtime, ["requirements"]),
  );
  const requirements = [testRequirement("R1", { verification_method: "inspection" }), testRequirement("R2")];
  const product_sha256 = await submitTestAttempt(db, claim, { requirements, dispositions: [], questions: [] });
  const verification = await judgeTestAttempt(db, claim, "accepted", { product_sha256 });
  await landAndVerify(db, claim, verification);
  const adopted = await requirementRows(db, requirements);
  await allDone(manager("adopt_requirements", run.run_id, verification, adopted, []));
  const [looked, tested] = adopted.map((row) => row.id) as [string, string];
  expect(await directorAction(db, "confirm_inspection", looked, { verdict: "maybe" })).toEqual(
    refused("validation_failed"),
  );
  expect(await directorAction(db, "confirm_inspection", tested, { verdict: "pass" })).toEqual(
    refused("illegal_transition"),
  );
  expect(await directorAction(db, "confirm_inspection", looked, { verdict: "pass" })).toEqual(done);
  expect(await directorAction(db, "set_aside", tested)).toEqual(done);
  expect(await directorAction(db, "set_aside", run.run_id, { block_id: "B1" })).toEqual(done);
  expect(await directorAction(db, "set_aside", run.run_id, { block_id: "B99" })).toEqual(refused("not_found"));
  const { rows } = await db.pools.manager.query(
    "select inspection_verdict, set_aside_by is not null as aside from requirements where run_id = $1 order by key",
    [run.run_id],
  );
  expect(rows).toEqual([
    { inspection_verdict: "pass", aside: false },
    { inspection_verdict: null, aside: true },
  ]);
});

test("a run that waits says why and since when; other words for the same wait are no new wait", async () => {
  const run = await createTestRun(db);
  const wait = (code: string | null, detail: string | null) =>
    manager("move_runs", [run.run_id], ["awaiting_director"], [code], [detail]);
  const row = async () =>
    (
      await db.pools.manager.query(
        "select status, waiting_code, waiting_detail, waiting_since from orchestra_runs where id = $1",
        [run.run_id],
      )
    ).rows[0];
  await allDone(wait("question", "one"));
  const first = await row();
  await allDone(wait("question", "two"));
  expect(await row()).toEqual({ ...first, waiting_detail: "two" });
  await allDone(manager("move_runs", [run.run_id], ["planning"], [null], [null]));
  expect(await row()).toEqual({ status: "planning", waiting_code: null, waiting_detail: null, waiting_since: null });
  expect(await manager("move_runs", [run.run_id], ["delivering"], [null], [null])).toEqual([
    refused("illegal_transition"),
  ]);
  expect(await manager("finish_runs", [run.run_id], ["failed"], ["verified"], [null])).toEqual([
    refused("illegal_transition"),
  ]);
});

test("HR changes standings, but never brings a retired agent back", async () => {
  const id = await agentId(db, await createTestAgent(db, runtime, ["review"]));
  const set = (standing: string) => manager("set_standings", [id], [standing], ["scores"]);
  expect([await set("probation"), await set("suspended"), await set("retired")]).toEqual([
    [done],
    [done],
    [refused("illegal_transition")],
  ]);
  await directorAction(db, "retire_agent", id);
  expect(await set("active")).toEqual([refused("illegal_transition")]);
});

test("a project's name is taken once, and only by a key that may", async () => {
  const create = (key: string, name: string) => callVerb(db.pools.manager, "create_project", MANAGER, key, name);
  const [project] = await create(db.directorKey, "todo");
  expect(project).toEqual(done);
  expect(await create(db.directorKey, "todo")).toEqual([
    expect.objectContaining({ code: "name_taken", detail: project?.id }),
  ]);
  expect(await create("wrong", "other")).toEqual([refused("unauthenticated")]);
  expect(await create(db.directorKey, "")).toEqual([refused("validation_failed")]);
});

test("an agent's words are kept, those of a stale claim are not; a checked tree's result is read by its own runtime", async () => {
  const run = await createTestRun(db);
  const task = await addTestTask(db, run);
  const claim = await assignAndAccept(db, runtime, task, await createTestAgent(db, runtime, ["implement"]));
  const say = (claims: readonly string[]) =>
    callVerb(
      db.pools.agent,
      "log_activity",
      RUNTIME,
      claim.token,
      claims.map(() => task),
      claims,
      claims.map((_, n) => `line ${n}`),
      claims.map(() => "info"),
    );
  expect(await say([claim.claim_id, "0", claim.claim_id])).toEqual([done, refused("stale_claim"), done]);
  const { rows } = await db.pools.manager.query(
    "select message from agent_activity_logs where task_id = $1 order by id",
    [task],
  );
  expect(rows).toEqual([{ message: "line 0" }, { message: "line 2" }]);
  const tree = await putTree(db.pools.manager, sampleTree("checked"));
  const [job] = await allDone(
    callVerb(db.pools.agent, "queue_sandbox_job", RUNTIME, claim.token, task, claim.claim_id, hash(tree), "compile", [
      "-q",
    ]),
  );
  const read = async (token: string) =>
    (await db.pools.agent.query("select * from read_sandbox_jobs($1, $2)", [token, [job?.id]])).rows;
  expect(await read(claim.token)).toEqual([{ job_id: job?.id, status: "queued", result: null }]);
  expect(await read((await createTestRuntime(db)).token)).toEqual([]);
  expect(await taskStatus(db, task)).toBe("running");
});

test("no items are no malformed call", async () => {
  const run = await createTestRun(db);
  const verbs = [
    "request_verifications",
    "open_disputes",
    "open_approvals",
    "record_policy_decisions",
    "release_tasks",
  ];
  for (const verb of verbs) expect(await manager(verb, []), verb).toEqual([]);
  expect(await manager("add_tasks", run.run_id, [])).toEqual([]);
  expect(await callVerb(db.pools.auditor, "append_events", AUDITOR, [])).toEqual([]);
});

test("the Auditor appends only its own kinds of events", async () => {
  const append = (event_type: string) =>
    callVerb(db.pools.auditor, "append_events", AUDITOR, [
      { event_type, severity: "info", description: "said", payload_base64: btoa('{"n": 1}') },
    ]);
  const [event] = await append("sandbox.unavailable");
  expect(event).toEqual(done);
  expect(await append("task.verified")).toEqual([refused("forbidden")]);
  const { rows } = await db.pools.auditor.query(
    `select convert_from(e.env, 'UTF8')::jsonb->>'payload_sha256' = encode(sha256(p.salt || p.payload), 'hex') as committed
     from audit_events e join audit_payloads p on p.event_id = e.id where e.id = $1`,
    [event?.id],
  );
  expect(rows).toEqual([{ committed: true }]);
});
