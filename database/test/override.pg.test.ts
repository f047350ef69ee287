import { newId } from "@aura/shared/models/ids";
import { putTree } from "@aura/shared/postgres/blobs";
import { callVerb } from "@aura/shared/postgres/verbs";
import {
  addTestTask,
  allDone,
  assignAndAccept,
  createTestAgent,
  createTestRun,
  createTestRuntime,
  directorAction,
  judgeTestAttempt,
  landAndVerify,
  MANAGER,
  passPlanGate,
  recordTestVerification,
  runRow,
  sampleTree,
  submitTestAttempt,
  type TestClaim,
  type TestRun,
  type TestRuntime,
} from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
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
const land = (verification: string) => manager("land_revisions", [verification], ["overridden"]);
const override = (task: string) => directorAction(db, "override_verdict", task, { verdict: "pass" });

async function claimOf(task: string): Promise<TestClaim> {
  const claim = await assignAndAccept(db, runtime, task, await createTestAgent(db, runtime, ["implement"]));
  await passPlanGate(db, claim);
  return claim;
}

interface Attempt {
  readonly claim: TestClaim;
  readonly product: string;
  readonly verification: string;
}

async function attempt(task: string, outcome: "rejected" | "inconclusive" | "environment") {
  const claim = await claimOf(task);
  const product = await submitTestAttempt(db, claim, { made: claim.claim_id });
  const verification = await judgeTestAttempt(db, claim, outcome, { product_sha256: product });
  return { claim, product, verification } satisfies Attempt;
}

/** A request to judge what an attempt made on the head of now. */
async function onHead({ claim, product }: Attempt, change: object = {}) {
  const { head_revision_id, plan_id, suite_id } = await runRow(db, claim.run_id);
  const tree_sha256 = await putTree(db.pools.manager, sampleTree(`on the head ${newId()}`));
  const { run_id, task_id, attempt, claim_id } = claim;
  const what = { id: newId(), run_id, kind: "implement", task_id, attempt, claim_id, product_sha256: product };
  return { ...what, tree_sha256, base_revision_id: head_revision_id, plan_id, suite_id, retry: 0, ...change };
}

async function landOther(run: TestRun): Promise<void> {
  const claim = await claimOf(await addTestTask(db, run));
  await submitTestAttempt(db, claim);
  await landAndVerify(db, claim, await judgeTestAttempt(db, claim, "accepted"));
}

test("an overridden change whose base is not the head any more is judged on the head and lands as it was judged", async () => {
  const run = await createTestRun(db);
  const task = await addTestTask(db, run);
  const made = await attempt(task, "rejected");
  await landOther(run);
  const request = await onHead(made);
  expect(await land(made.verification), "not overridden").toEqual([refused("verification_missing")]);
  await allDone(manager("reject_tasks", [task], [made.verification]));
  expect(await manager("request_verifications", [request]), "not overridden").toEqual([refused("illegal_transition")]);
  expect(await override(task)).toEqual(done);
  expect(await land(made.verification), "judged on another head").toEqual([refused("head_moved")]);
  const base_revision_id = null;
  expect(await manager("request_verifications", [{ ...request, base_revision_id, retry: 1 }])).toEqual([
    refused("head_moved"),
  ]);
  expect(await manager("request_verifications", [request])).toEqual([done]);
  const again = await recordTestVerification(db, request.id, "rejected", request.tree_sha256);
  expect(await land(again)).toEqual([done]);
  expect(await manager("request_verifications", [await onHead(made)]), "landed").toEqual([
    refused("illegal_transition"),
  ]);
});

test("an override stands for the last product of its task and for nothing else", async () => {
  const run = await createTestRun(db);
  const task = await addTestTask(db, run);
  const first = await attempt(task, "rejected");
  await allDone(manager("requeue_tasks", [task], ["rejected"], [true]));
  const second = await attempt(task, "inconclusive");
  await override(task);
  for (const request of [
    await onHead(first, { retry: 1 }),
    await onHead(second, { retry: 1, product_sha256: first.product }),
    await onHead(second, { retry: 1, claim_id: first.claim.claim_id }),
  ]) {
    expect(await manager("request_verifications", [request])).toEqual([refused("illegal_transition")]);
  }
  expect(await land(first.verification)).toEqual([refused("verification_missing")]);
  expect(await land(second.verification)).toEqual([done]);
});

test("what could not be judged does not land under an override, and is judged again", async () => {
  const run = await createTestRun(db);
  const task = await addTestTask(db, run);
  const made = await attempt(task, "environment");
  await override(task);
  expect(await land(made.verification)).toEqual([refused("verification_missing")]);
  const request = await onHead(made, { retry: 1 });
  expect(await manager("request_verifications", [request])).toEqual([done]);
  expect(await land(await recordTestVerification(db, request.id, "rejected", request.tree_sha256))).toEqual([done]);
});

test("a run is not delivered as verified while an overridden change has neither landed nor a task in its place", async () => {
  const run = await createTestRun(db);
  const task = await addTestTask(db, run);
  await attempt(task, "rejected");
  await landOther(run);
  await override(task);
  await allDone(manager("cancel_tasks", [run.first_task_id], ["ended"]));
  for (const status of ["executing", "delivering"]) {
    await allDone(manager("move_runs", [run.run_id], [status], [null], [null]));
  }
  const finish = async () => {
    const { head_revision_id } = await runRow(db, run.run_id);
    return manager("finish_runs", [run.run_id], ["completed"], ["verified"], [head_revision_id]);
  };
  expect(await finish()).toEqual([refused("override_not_landed")]);
  const { rows } = await db.pools.manager.query<{ spec: string }>(
    "select encode(spec_sha256, 'hex') as spec from task_queue where id = $1",
    [task],
  );
  const again = { id: newId(), kind: "implement", key: "AGAIN", title: "Again", spec_sha256: rows[0]?.spec };
  await allDone(manager("add_tasks", run.run_id, [{ ...again, repairs_task_id: task }]));
  expect(await finish()).toEqual([refused("tasks_open")]);
});
