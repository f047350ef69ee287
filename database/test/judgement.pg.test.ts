import { newId } from "@aura/shared/models/ids";
import { putJson, putTree } from "@aura/shared/postgres/blobs";
import { callVerb, callVerbRows } from "@aura/shared/postgres/verbs";
import {
  AUDITOR,
  addTestTask,
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
  openTestApproval,
  openTestPlanGate,
  passPlanGate,
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

async function submitted(
  run: TestRun,
  kind: "implement" | "plan" | "requirements" | "acceptance_tests" = "implement",
  product?: unknown,
): Promise<TestClaim & { product: string }> {
  const task = kind === "requirements" ? run.first_task_id : await addTestTask(db, run, { kind });
  const claim = await assignAndAccept(db, runtime, task, await createTestAgent(db, runtime, [kind]));
  return { ...claim, product: await submitTestAttempt(db, claim, product) };
}

test("a task is verified only with an accepting verification of exactly this attempt", async () => {
  const run = await createTestRun(db);
  const [claim, other] = [await submitted(run), await submitted(run)];
  expect(await manager("verify_tasks", [claim.task_id], [newId()])).toEqual([refused("verification_missing")]);
  const foreign = await judgeTestAttempt(db, other, "accepted");
  expect(await manager("verify_tasks", [claim.task_id], [foreign])).toEqual([refused("verification_missing")]);
  const rejecting = await judgeTestAttempt(db, claim, "rejected");
  expect(await manager("verify_tasks", [claim.task_id], [rejecting])).toEqual([refused("verification_missing")]);
  await allDone(manager("reject_tasks", [claim.task_id], [rejecting]));
  await allDone(manager("requeue_tasks", [claim.task_id], ["rejected"], [false]));
  const again = await assignAndAccept(db, runtime, claim.task_id);
  await submitTestAttempt(db, again);
  expect(await manager("verify_tasks", [claim.task_id], [rejecting])).toEqual([refused("verification_missing")]);
  const accepting = await judgeTestAttempt(db, again, "accepted");
  expect(await manager("verify_tasks", [claim.task_id], [accepting]), "not landed").toEqual([
    refused("verification_missing"),
  ]);
  await landAndVerify(db, again, accepting);
  expect(await taskStatus(db, claim.task_id)).toBe("verified");
  const { rows } = await db.pools.auditor.query(
    "select distinct event_type from audit_events where event_type = 'verify_tasks.refused' and task_id = $1",
    [claim.task_id],
  );
  expect(rows).toHaveLength(1);
});

test("a tree lands only on the head it was judged on", async () => {
  const run = await createTestRun(db);
  const [first, second] = [await submitted(run), await submitted(run)];
  const [one, two] = [await judgeTestAttempt(db, first, "accepted"), await judgeTestAttempt(db, second, "accepted")];
  expect(await manager("land_revisions", [one], ["one"]), "no plan was approved").toEqual([
    refused("approval_missing"),
  ]);
  await passPlanGate(db, first);
  expect(await manager("land_revisions", [one, two], ["one", "two"])).toEqual([done, refused("head_moved")]);
  const head = (await runRow(db, run.run_id)).head_revision_id;
  expect(await manager("land_revisions", [one], ["one"])).toEqual([
    expect.objectContaining({ id: head, outcome: "done" }),
  ]);
  const judgedAgain = await judgeTestAttempt(db, second, "accepted");
  expect(await manager("land_revisions", [judgedAgain], ["two"])).toEqual([done]);
  const { rows } = await db.pools.manager.query(
    "select number, parent_id is null as first from revisions where run_id = $1 order by number",
    [run.run_id],
  );
  expect(rows).toEqual([
    { number: 1, first: true },
    { number: 2, first: false },
  ]);
});

test("a judgement must be about the requested tree, under the holder's lease, and only once", async () => {
  const run = await createTestRun(db);
  const claim = await submitted(run);
  const tree = await putTree(db.pools.manager, sampleTree("one"));
  const other = await putTree(db.pools.auditor, sampleTree("two"));
  const request = {
    id: newId(),
    run_id: run.run_id,
    kind: "implement",
    task_id: claim.task_id,
    attempt: claim.attempt,
    claim_id: claim.claim_id,
    product_sha256: claim.product,
    base_revision_id: null,
    tree_sha256: tree,
    plan_id: null,
    suite_id: null,
    retry: 0,
  };
  expect(await manager("request_verifications", [request])).toEqual([done]);
  expect(await manager("request_verifications", [{ ...request, id: newId() }])).toEqual([
    expect.objectContaining({ outcome: "done", detail: request.id }),
  ]);
  const [lease] = await callVerbRows<{ claim_id: string }>(
    db.pools.auditor,
    "claim_verifications",
    AUDITOR,
    "auditor-1",
    10,
    30,
  );
  expect(await callVerbRows(db.pools.auditor, "claim_verifications", AUDITOR, "auditor-2", 10, 30)).toEqual([]);
  const verification = {
    id: newId(),
    outcome: "accepted",
    report_sha256: await putJson(db.pools.auditor, {}),
    tree_sha256: tree,
    sandbox_level: "bubblewrap",
    environment_sha256: null,
    verdicts: [],
    tests: [],
    evidence: [],
  };
  const record = (holder: string, value: object) =>
    callVerb(db.pools.auditor, "record_verifications", AUDITOR, holder, [
      { request_id: request.id, claim_id: lease?.claim_id, ...value },
    ]);
  expect(await record("auditor-2", verification)).toEqual([refused("stale_claim")]);
  expect(await record("auditor-1", { ...verification, tree_sha256: other })).toEqual([refused("tree_mismatch")]);
  expect(await record("auditor-1", verification)).toEqual([done]);
  expect(await record("auditor-1", verification)).toEqual([done]);
  expect(await record("auditor-1", { ...verification, id: newId() })).toEqual([refused("stale_claim")]);
});

test("of several verdicts in one call each counts by itself, and what was refused is on record", async () => {
  const run = await createTestRun(db);
  const claims = [await submitted(run), await submitted(run)];
  const requests = [];
  for (const { task_id, attempt, claim_id } of claims) {
    const tree_sha256 = await putTree(db.pools.manager, sampleTree(task_id));
    const facts = { run_id: run.run_id, kind: "implement", task_id, attempt, claim_id, tree_sha256 };
    requests.push({ id: newId(), ...facts });
  }
  expect(await manager("request_verifications", requests)).toEqual([done, done]);
  const leases = await callVerbRows<{ request_id: string; claim_id: string }>(
    db.pools.auditor,
    "claim_verifications",
    AUDITOR,
    "auditor-1",
    10,
    30,
  );
  const report_sha256 = await putJson(db.pools.auditor, {});
  const verdicts = requests.map(({ id, tree_sha256 }, at) => ({
    request_id: id,
    claim_id: at === 0 ? leases.find((lease) => lease.request_id === id)?.claim_id : "1",
    id: newId(),
    outcome: "accepted",
    report_sha256,
    tree_sha256,
    sandbox_level: "bubblewrap",
  }));
  const outcomes = await callVerb(db.pools.auditor, "record_verifications", AUDITOR, "auditor-1", verdicts);
  expect(outcomes).toEqual([done, refused("stale_claim")]);
  expect(outcomes.map(({ id }) => id)).toEqual([verdicts[0]?.id, requests[1]?.id]);
  const { rows } = await db.pools.auditor.query(
    "select event_type, task_id from audit_events where event_type like '%verification%.%' and task_id = any ($1) and actor_kind = 'auditor' order by id",
    [claims.map(({ task_id }) => task_id)],
  );
  expect(rows).toEqual([
    { event_type: "verification.accepted", task_id: claims[0]?.task_id },
    { event_type: "record_verifications.refused", task_id: claims[1]?.task_id },
  ]);
});

test("a requirement passes only with tests that all passed", async () => {
  const run = await createTestRun(db);
  const { verificationId } = await adoptRequirements(run);
  const insert = (passed: number, total: number) =>
    db.pools.admin.query(
      "insert into verdicts (verification_id, requirement_id, verdict, tests_passed, tests_total) select $1, id, 'pass', $2, $3 from requirements where run_id = $4",
      [verificationId, passed, total, run.run_id],
    );
  await expect(insert(0, 0)).rejects.toMatchObject({ code: "23514" });
  await expect(insert(1, 2)).rejects.toMatchObject({ code: "23514" });
});

async function adoptRequirements(
  run: TestRun,
): Promise<{ verificationId: string; must: string; should: string; looked: string }> {
  const requirements = [
    testRequirement("R1"),
    testRequirement("R2", { priority: "should" }),
    testRequirement("R3", { verification_method: "inspection" }),
  ];
  const dispositions = [{ block_id: "B1", disposition: "context", reason: "" }];
  const claim = await submitted(run, "requirements", { requirements, dispositions, questions: [] });
  const verificationId = await judgeTestAttempt(db, claim, "accepted", { product_sha256: claim.product });
  await landAndVerify(db, claim, verificationId);
  const rows = await requirementRows(db, requirements);
  const adopt = (changed: readonly object[], others: readonly object[] = dispositions) =>
    manager("adopt_requirements", run.run_id, verificationId, changed, others);
  const [first, ...rest] = rows as [object, ...object[]];
  const content_sha256 = await putJson(db.pools.manager, testRequirement("R1", { text: "Something easier." }));
  for (const change of [
    { key: "R9" },
    { priority: "could" },
    { verification_method: "inspection" },
    { kind: "constraint" },
    { block_ids: ["B1"] },
    { content_sha256 },
  ]) {
    expect(await adopt([{ ...first, ...change }, ...rest]), Object.keys(change)[0]).toEqual([
      refused("product_mismatch"),
    ]);
  }
  expect(await adopt(rest)).toEqual([refused("product_mismatch")]);
  expect(await adopt([...rows, { ...first, id: newId(), key: "R4" }])).toEqual([refused("product_mismatch")]);
  expect(await adopt(rows, [{ block_id: "B1", disposition: "non_goal", reason: "" }])).toEqual([
    refused("product_mismatch"),
  ]);
  expect(await adopt(rows, dispositions)).toEqual([done]);
  expect(await adopt(rows, dispositions)).toEqual([done]);
  const [must, should, looked] = rows.map((row) => row.id) as [string, string, string];
  return { verificationId, must, should, looked };
}

async function adoptPlanAndSuite(run: TestRun): Promise<string> {
  const plan = await submitted(run, "plan");
  const planVerification = await judgeTestAttempt(db, plan, "accepted", { product_sha256: plan.product });
  await landAndVerify(db, plan, planVerification);
  const planRow = {
    id: newId(),
    run_id: run.run_id,
    revision: 1,
    content_sha256: plan.product,
    verification_id: planVerification,
  };
  expect(
    await manager("adopt_plan", { ...planRow, content_sha256: await putJson(db.pools.manager, { other: true }) }),
  ).toEqual([refused("verification_missing")]);
  await allDone(manager("adopt_plan", planRow));
  const suite = await submitted(run, "acceptance_tests");
  const suiteVerification = await judgeTestAttempt(db, suite, "accepted", { product_sha256: suite.product });
  await landAndVerify(db, suite, suiteVerification);
  await allDone(
    manager("adopt_suite", {
      id: newId(),
      run_id: run.run_id,
      version: 1,
      content_sha256: suite.product,
      verification_id: suiteVerification,
      author_agent_id: null,
      replaces_test_ids: [],
    }),
  );
  return planRow.id;
}

const move = (run: TestRun, status: string) => manager("move_runs", [run.run_id], [status], [null], [null]);

test("a supervised run passes its gates with the Director's approvals, and is completed only when every must requirement passed", async () => {
  const run = await createTestRun(db, { oversight: "supervised" });
  const { must, should, looked } = await adoptRequirements(run);
  const planId = await adoptPlanAndSuite(run);
  expect(await move(run, "executing")).toEqual([refused("approval_missing")]);
  const { id: gate, digest } = await openTestPlanGate(db, run.run_id, planId);
  expect(await manager("use_approvals", [gate], [hash(digest)])).toEqual([refused("illegal_transition")]);
  expect(await directorAction(db, "approve", gate, { digest: "00".repeat(32) })).toEqual(refused("digest_mismatch"));
  expect(await directorAction(db, "approve", gate, { digest })).toEqual(done);
  expect(await directorAction(db, "reject", gate, { digest })).toEqual(refused("approval_used"));
  expect(await manager("use_approvals", [gate], [hash("00".repeat(32))])).toEqual([refused("digest_mismatch")]);
  expect(await manager("use_approvals", [gate], [hash(digest)])).toEqual([done]);
  expect(await manager("use_approvals", [gate], [hash(digest)])).toEqual([refused("approval_used")]);
  expect(await move(run, "executing")).toEqual([done]);

  const claim = await submitted(run);
  const head = await landAndVerify(db, claim, await judgeTestAttempt(db, claim, "accepted"));
  expect(await move(run, "delivering")).toEqual([done]);
  const finish = () => manager("finish_runs", [run.run_id], ["completed"], ["verified"], [head]);
  expect(await finish()).toEqual([refused("verification_missing")]);
  const verdict = (requirement_id: string, value: string) => ({
    requirement_id,
    verdict: value,
    tests_passed: value === "pass" ? 1 : 0,
    tests_total: 1,
    detail: "",
  });
  await assembly(run, [verdict(must, "fail"), verdict(should, "fail")], 0, "rejected");
  expect(await finish()).toEqual([refused("verification_missing")]);
  await assembly(run, [verdict(must, "not_run"), verdict(should, "fail")], 1, "accepted");
  const decide = async (action: string, id: string, verdict: string, then: unknown) => {
    expect(await directorAction(db, action, id, { verdict })).toEqual(done);
    expect(await finish(), `${action} ${verdict}`).toEqual([then]);
  };
  await decide("override_verdict", must, "pass", refused("requirement_failed")); // nobody has looked yet
  await decide("confirm_inspection", looked, "fail", refused("requirement_failed"));
  await decide("override_verdict", looked, "pass", refused("requirement_failed"));
  await decide("confirm_inspection", looked, "pass", refused("approval_missing"));
  await decide("override_verdict", must, "fail", refused("requirement_failed"));
  await decide("override_verdict", must, "pass", refused("approval_missing"));
  expect(await finish()).toEqual([refused("approval_missing")]);
  const delivery = await openTestApproval(db, run.run_id, "delivery", head as string);
  await directorAction(db, "approve", delivery.id, { digest: delivery.digest });
  await allDone(manager("use_approvals", [delivery.id], [hash(delivery.digest)]));
  const open = await addTestTask(db, run);
  expect(await finish()).toEqual([refused("tasks_open")]);
  await allDone(manager("cancel_tasks", [open], ["ended"]));
  expect(await finish()).toEqual([refused("log_unsealed")]);
  await sealLog(db);
  expect(await finish()).toEqual([done]);
  expect(await runRow(db, run.run_id)).toMatchObject({
    status: "completed",
    stop_reason: "verified",
    delivered_revision_id: head,
  });
  expect(await move(run, "executing")).toEqual([refused("illegal_transition")]);
});

async function assembly(
  run: TestRun,
  verdicts: readonly object[],
  retry: number,
  outcome: "accepted" | "rejected",
): Promise<void> {
  const { head_revision_id, suite_id, plan_id } = await runRow(db, run.run_id);
  const { rows } = await db.pools.manager.query<{ tree: string }>(
    "select encode(tree_sha256, 'hex') as tree from revisions where id = $1",
    [head_revision_id],
  );
  const tree_sha256 = rows[0]?.tree ?? "";
  const request = {
    id: newId(),
    run_id: run.run_id,
    kind: "assembly",
    task_id: null,
    attempt: null,
    claim_id: null,
    product_sha256: null,
    base_revision_id: head_revision_id,
    tree_sha256,
    plan_id,
    suite_id,
    retry,
  };
  await allDone(manager("request_verifications", [request]));
  await recordTestVerification(db, request.id, outcome, tree_sha256, verdicts);
}

test("policy approves only in an autonomous run, and only with a recorded decision", async () => {
  for (const oversight of ["supervised", "autonomous"] as const) {
    const run = await createTestRun(db, { oversight });
    const { id: gate, digest } = await openTestPlanGate(db, run.run_id, await adoptPlanAndSuite(run));
    expect(await manager("settle_approvals", [gate], ["approved"], [newId()])).toEqual([refused("policy_denied")]);
    const settle = async (change: object) => {
      const decision = {
        id: newId(),
        run_id: run.run_id,
        task_id: null,
        policy_key: "approval.plan.autonomous",
        decision: "allow",
        subject: `plan ${digest}`,
        reason: "checked",
        ...change,
      };
      await allDone(manager("record_policy_decisions", [decision]));
      return manager("settle_approvals", [gate], ["approved"], [decision.id]);
    };
    for (const other of [
      { policy_key: "approval.landing.autonomous" },
      { policy_key: "questions.autonomous" },
      { decision: "needs_approval" },
      { subject: "plan" },
      { subject: `landing ${digest}` },
      { subject: `plan ${"00".repeat(32)}` },
      { run_id: (await createTestRun(db)).run_id },
    ]) {
      expect(await settle(other), JSON.stringify(other)).toEqual([refused("policy_denied")]);
    }
    expect(await settle({})).toEqual([oversight === "autonomous" ? done : refused("policy_denied")]);
    expect(await manager("settle_approvals", [gate], ["expired"], [null])).toEqual([refused("illegal_transition")]);
  }
});

test("a locked run lands nothing without a used landing approval", async () => {
  const run = await createTestRun(db, { oversight: "locked" });
  const claim = await submitted(run);
  await passPlanGate(db, claim);
  const verification = await judgeTestAttempt(db, claim, "accepted");
  expect(await manager("land_revisions", [verification], ["m"])).toEqual([refused("approval_missing")]);
  const { id: gate, digest } = await openTestApproval(db, run.run_id, "landing", verification);
  await directorAction(db, "approve", gate, { digest });
  expect(await manager("land_revisions", [verification], ["m"])).toEqual([refused("approval_missing")]);
  await allDone(manager("use_approvals", [gate], [hash(digest)]));
  expect(await manager("land_revisions", [verification], ["m"])).toEqual([done]);
});

test("an approval that was not used in time passes no gate, and may only be ended", async () => {
  const run = await createTestRun(db, { oversight: "supervised" });
  const planId = await adoptPlanAndSuite(run);
  const { id: gate, digest } = await openTestPlanGate(db, run.run_id, planId);
  expect(await manager("settle_approvals", [gate], ["expired"], [null])).toEqual([refused("illegal_transition")]);
  expect(await directorAction(db, "approve", gate, { digest })).toEqual(done);
  expect(await manager("settle_approvals", [gate], ["expired"], [null])).toEqual([refused("illegal_transition")]);
  await db.pools.admin.query("update approvals set expires_at = now() where id = $1", [gate]);
  expect(await manager("use_approvals", [gate], [hash(digest)])).toEqual([refused("expired")]);
  expect(await move(run, "executing")).toEqual([refused("approval_missing")]);
  expect(await manager("settle_approvals", [gate], ["expired"], [null])).toEqual([done]);
  const again = await openTestPlanGate(db, run.run_id, planId);
  expect(again.digest).toBe(digest);
  await directorAction(db, "approve", again.id, { digest });
  expect(await manager("use_approvals", [again.id], [hash(digest)])).toEqual([done]);
});

test("the sandbox's work is claimed once, and jobs of a stale claim are not run", async () => {
  const run = await createTestRun(db);
  const task = await addTestTask(db, run);
  const claim = await assignAndAccept(db, runtime, task, await createTestAgent(db, runtime, ["implement"]));
  const tree = hash(await putTree(db.pools.manager, sampleTree("job")));
  const queue = () =>
    callVerb(
      db.pools.agent,
      "queue_sandbox_job",
      { ...MANAGER, actor_kind: "runtime" },
      claim.token,
      task,
      claim.claim_id,
      tree,
      "compile",
      [],
    );
  const [first] = await allDone(queue());
  const jobs = (holder: string) =>
    callVerbRows<{ id: string }>(db.pools.auditor, "claim_sandbox_jobs", AUDITOR, holder, 10, 30);
  expect((await jobs("one")).map((job) => job.id)).toEqual([first?.id]);
  expect(await jobs("two")).toEqual([]);
  const finish = (holder: string) =>
    callVerb(db.pools.auditor, "finish_sandbox_jobs", AUDITOR, holder, [first?.id], [tree]);
  expect(await finish("two")).toEqual([refused("stale_claim")]);
  expect(await finish("one")).toEqual([done]);
  await allDone(queue());
  await allDone(manager("cancel_tasks", [task], ["test"]));
  expect(await jobs("one")).toEqual([]);
  expect(await queue()).toEqual([refused("stale_claim")]);
});
