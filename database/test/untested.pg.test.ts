import { newId } from "@aura/shared/models/ids";
import { callVerb } from "@aura/shared/postgres/verbs";
import type { Requirement } from "@aura/shared/schemas/requirements-product";
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
  recordTestVerification,
  requirementRows,
  runRow,
  submitTestAttempt,
  type TestRun,
  type TestRuntime,
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

const looked = testRequirement("R1", { verification_method: "inspection" });
const tested = testRequirement("R2", { priority: "should" });

interface Head {
  readonly run: TestRun;
  readonly revision: string;
  readonly tree: string;
  /** Ids in the order that they were given in. */
  readonly requirements: readonly string[];
}

/** A run with a landed head and no suite, ready to be delivered. */
async function landedRun(requirements: readonly Requirement[]): Promise<Head> {
  const run = await createTestRun(db);
  const analyst = await createTestAgent(db, runtime, ["requirements"]);
  const asked = await assignAndAccept(db, runtime, run.first_task_id, analyst);
  const product_sha256 = await submitTestAttempt(db, asked, { requirements, dispositions: [], questions: [] });
  const verification = await judgeTestAttempt(db, asked, "accepted", { product_sha256 });
  await landAndVerify(db, asked, verification);
  const rows = await requirementRows(db, requirements);
  await allDone(manager("adopt_requirements", run.run_id, verification, rows, []));
  const coder = await createTestAgent(db, runtime, ["implement"]);
  const claim = await assignAndAccept(db, runtime, await addTestTask(db, run), coder);
  await submitTestAttempt(db, claim);
  const revision = await landAndVerify(db, claim, await judgeTestAttempt(db, claim, "accepted"));
  for (const status of ["executing", "delivering"]) {
    await allDone(manager("move_runs", [run.run_id], [status], [null], [null]));
  }
  const trees = await db.pools.manager.query<{ tree: string }>(
    "select encode(tree_sha256, 'hex') as tree from revisions where id = $1",
    [revision],
  );
  return {
    run,
    revision: revision ?? "",
    tree: trees.rows[0]?.tree ?? "",
    requirements: rows.map(({ id }) => id),
  };
}

async function assemblyOf({ run, revision, tree }: Head) {
  const about = { run_id: run.run_id, kind: "assembly", base_revision_id: revision, tree_sha256: tree };
  const none = { task_id: null, attempt: null, claim_id: null, product_sha256: null, suite_id: null, retry: 0 };
  return { id: newId(), ...about, ...none, plan_id: (await runRow(db, run.run_id)).plan_id };
}

const finish = ({ run, revision }: Head) =>
  manager("finish_runs", [run.run_id], ["completed"], ["verified"], [revision]);

test("a run without anything to test is delivered without a suite, once a person confirmed each inspection", async () => {
  const head = await landedRun([looked]);
  expect(await finish(head)).toEqual([refused("verification_missing")]);
  const request = await assemblyOf(head);
  expect(await manager("request_verifications", [request])).toEqual([done]);
  const again = { ...request, id: newId() };
  expect(await manager("request_verifications", [again])).toEqual([expect.objectContaining({ detail: request.id })]);
  await recordTestVerification(db, request.id, "accepted", head.tree);
  expect(await finish(head)).toEqual([refused("requirement_failed")]);
  expect(await directorAction(db, "confirm_inspection", String(head.requirements[0]), { verdict: "pass" })).toEqual(
    done,
  );
  await sealLog(db);
  expect(await finish(head)).toEqual([done]);
});

test("a run with anything to test is not judged as a whole without a suite, a `should` no less than a `must`", async () => {
  const head = await landedRun([looked, tested]);
  const request = await assemblyOf(head);
  expect(await manager("request_verifications", [request])).toEqual([refused("suite_missing")]);
  await directorAction(db, "override_verdict", String(head.requirements[1]), { verdict: "pass" });
  expect(await manager("request_verifications", [request])).toEqual([refused("suite_missing")]);
  await directorAction(db, "set_aside", String(head.requirements[1]));
  expect(await manager("request_verifications", [request])).toEqual([done]);
});

test("an accepted judgement without a suite delivers nothing where something is to be tested", async () => {
  const head = await landedRun([looked, tested]);
  await directorAction(db, "confirm_inspection", String(head.requirements[0]), { verdict: "pass" });
  const { id, run_id, plan_id } = await assemblyOf(head);
  await db.pools.admin.query(
    `insert into verification_requests (id, run_id, kind, base_revision_id, tree_sha256, plan_id)
     values ($1, $2, 'assembly', $3, decode($4, 'hex'), $5)`,
    [id, run_id, head.revision, head.tree, plan_id],
  );
  await recordTestVerification(db, id, "accepted", head.tree);
  expect(await finish(head)).toEqual([refused("verification_missing")]);
});

test("a run whose requirements nobody knows yet is not one without anything to test", async () => {
  const head = await landedRun([looked]);
  const unknown = await createTestRun(db);
  const coder = await createTestAgent(db, runtime, ["implement"]);
  const claim = await assignAndAccept(db, runtime, await addTestTask(db, unknown), coder);
  await submitTestAttempt(db, claim);
  const revision = await landAndVerify(db, claim, await judgeTestAttempt(db, claim, "accepted"));
  const trees = await db.pools.manager.query<{ tree: string }>(
    "select encode(tree_sha256, 'hex') as tree from revisions where id = $1",
    [revision],
  );
  const request = await assemblyOf({
    ...head,
    run: unknown,
    revision: revision ?? "",
    tree: trees.rows[0]?.tree ?? "",
  });
  expect(await manager("request_verifications", [request])).toEqual([refused("suite_missing")]);
});
