import { canonicalJson, sha256Hex } from "@aura/shared/models/canonical-json";
import { newId } from "@aura/shared/models/ids";
import { putJson } from "@aura/shared/postgres/blobs";
import { callVerb } from "@aura/shared/postgres/verbs";
import {
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
  openTestPlanGate,
  requirementRows,
  submitTestAttempt,
  type TestApproval,
  type TestRun,
  type TestRuntime,
  testPlanGate,
  testRequirement,
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
const REQUIREMENTS = ["R2", "R10", "R1"].map((id) => testRequirement(id));

async function accepted(taskId: string, kind: "requirements" | "plan", product: object) {
  const claim = await assignAndAccept(db, runtime, taskId, await createTestAgent(db, runtime, [kind]));
  const content_sha256 = await submitTestAttempt(db, claim, product);
  const verification_id = await judgeTestAttempt(db, claim, "accepted", { product_sha256: content_sha256 });
  await landAndVerify(db, claim, verification_id);
  return { content_sha256, verification_id };
}

interface PlannedRun {
  readonly run: TestRun;
  readonly plan_id: string;
  readonly plan_sha256: string;
  /** Hash of each requirement's content by key. */
  readonly contents: ReadonlyMap<string, string>;
}

/** A supervised run with three requirements and an adopted plan; the Manager says that the plan's digest is `claimed`. */
async function plannedRun(claimed = "ab".repeat(32)): Promise<PlannedRun> {
  const run = await createTestRun(db, { oversight: "supervised" });
  const product = { requirements: REQUIREMENTS, dispositions: [], questions: [] };
  const { verification_id } = await accepted(run.first_task_id, "requirements", product);
  const rows = await requirementRows(db, REQUIREMENTS);
  await allDone(manager("adopt_requirements", run.run_id, verification_id, rows, []));
  const planned = await accepted(await addTestTask(db, run, { kind: "plan" }), "plan", { plan: run.run_id });
  const plan = { id: newId(), run_id: run.run_id, revision: 1, digest: claimed, ...planned };
  await allDone(manager("adopt_plan", plan));
  const contents = new Map(rows.map(({ key, content_sha256 }) => [key, content_sha256]));
  return { run, plan_id: plan.id, plan_sha256: planned.content_sha256, contents };
}

async function past(sql: string, values: readonly unknown[]): Promise<void> {
  const client = await db.pools.admin.connect();
  try {
    await client.query("begin");
    await client.query("set local session_replication_role = replica");
    await client.query(sql, [...values]);
    await client.query("commit");
  } finally {
    client.release();
  }
}

test("a plan's digest is computed over blocks, requirements and plan, whatever the Manager says it is", async () => {
  const { run, plan_id, plan_sha256, contents } = await plannedRun();
  const { rows } = await db.pools.manager.query<{ blocks: string; digest: string }>(
    `select encode(d.blocks_sha256, 'hex') as blocks, encode(p.digest, 'hex') as digest
       from plans p join orchestra_runs r on r.id = p.run_id join prds d on d.id = r.prd_id where p.id = $1`,
    [plan_id],
  );
  const requirements = ["R1", "R2", "R10"].map((key) => contents.get(key) ?? "");
  const bound = { blocks_sha256: String(rows[0]?.blocks), requirements, plan: plan_sha256 };
  expect(rows[0]?.digest).toBe(sha256Hex(canonicalJson(bound)));
  expect(await openTestPlanGate(db, run.run_id, plan_id)).toMatchObject({ digest: rows[0]?.digest });
});

test("a gate is not opened under a digest that the Manager made up, or for a plan of another run", async () => {
  const { run, plan_id } = await plannedRun();
  const other = await plannedRun();
  const gate = await testPlanGate(db, run.run_id, plan_id);
  const about = await testPlanGate(db, other.run.run_id, other.plan_id);
  const open = (change: Partial<TestApproval>) => manager("open_approvals", [{ ...gate, id: newId(), ...change }]);
  expect(await open({ digest: "ab".repeat(32) })).toEqual([refused("digest_mismatch")]);
  expect(await open({ digest: about.digest })).toEqual([refused("digest_mismatch")]);
  expect(await open({ ...about, run_id: run.run_id })).toEqual([refused("digest_mismatch")]);
  expect(await open({ kind: "landing" })).toEqual([refused("digest_mismatch")]);
  expect(await open({})).toEqual([done]);
});

test("a plan's gate shows the Director the plan and every requirement as they are", async () => {
  const { run, plan_id } = await plannedRun();
  const gate = await testPlanGate(db, run.run_id, plan_id);
  const shown = { kind: "plan", revision: 1, plan: { plan: run.run_id }, requirements: [...REQUIREMENTS] };
  const [second, tenth, first] = REQUIREMENTS;
  const open = async (document: object) => {
    const content_sha256 = await putJson(db.pools.manager, document);
    return manager("open_approvals", [{ ...gate, id: newId(), content_sha256 }]);
  };
  for (const document of [
    { kind: "plan" },
    { ...shown, plan: { plan: "harmless" } },
    { ...shown, requirements: [first, second] },
    { ...shown, requirements: [first, second, { ...tenth, text: "It does something else." }] },
    { ...shown, requirements: [first, second, tenth], dependencies: { packages: [] } }, // nothing was fetched for it
  ]) {
    expect(await open(document), JSON.stringify(document)).toEqual([refused("product_mismatch")]);
  }
  expect(await open({ ...shown, requirements: [first, second, tenth] })).toEqual([done]);
});

test("an approval is not used once what it binds has changed", async () => {
  const { run, plan_id, contents } = await plannedRun();
  const { id, digest } = await openTestPlanGate(db, run.run_id, plan_id);
  await directorAction(db, "approve", id, { digest });
  const changed = hash(await putJson(db.pools.manager, testRequirement("R2", { text: "It does less." })));
  const change = "update requirements set content_sha256 = $2 where run_id = $1 and key = 'R2'";
  await past(change, [run.run_id, changed]);
  expect(await manager("use_approvals", [id], [hash(digest)])).toEqual([refused("digest_mismatch")]);
  await past(change, [run.run_id, hash(contents.get("R2") ?? "")]);
  expect(await manager("use_approvals", [id], [hash(digest)])).toEqual([done]);
});
