import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256Hex } from "@aura/shared/models/canonical-json";
import { newId } from "@aura/shared/models/ids";
import { putTree } from "@aura/shared/postgres/blobs";
import { callVerb } from "@aura/shared/postgres/verbs";
import {
  antedate,
  askForAssembly,
  assemble,
  DELIVERED_TREE,
  type DeliveredRun,
  type DeliveryOptions,
  deliveredRun,
  deliverPartially,
  finishTestRun,
  judgedRun,
  partialRun,
} from "@aura/shared/testing/delivered-run";
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
  MANAGER,
  runRow,
  submitTestAttempt,
  type TestRuntime,
  testRequirement,
} from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { sealLog } from "@aura/shared/testing/sealing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { readRunsToSeal } from "../../src/db/sealing-statements.ts";
import { attestingIn, forgedAbout, keyIn, type Row, rowOf, statementOf, textOf } from "./attested.ts";
import { problems } from "./official-cyclonedx.ts";
import { Provenance, TestResult } from "./published-schemas.ts";

/** What the Auditor signs about a partial delivery. */

let db: TestDatabase;
let runtime: TestRuntime;
let folder: string;

beforeAll(async () => {
  db = await testDatabase();
  folder = mkdtempSync(join(tmpdir(), "aura-attest-"));
});
/** A fresh one each: it counts as gone when it has not said for a while that it lives. */
beforeEach(async () => {
  runtime = await createTestRuntime(db);
});
afterAll(async () => {
  await db.close();
  rmSync(folder, { recursive: true, force: true });
});

const manager = (verb: string, ...args: readonly unknown[]) =>
  allDone(callVerb(db.pools.manager, verb, MANAGER, ...args));
const partial = (options: DeliveryOptions = {}) => partialRun(db, runtime, options);

/** Attests what waits for it; what was signed about this run, each in the form that its specification wants. */
async function attested({ run_id }: { run_id: string }) {
  await attestingIn(db, folder).once();
  const row = (await rowOf(db, run_id)) as Row;
  expect(row).toBeDefined();
  const provenance = Provenance.parse(await statementOf(db, row.provenance_sha256));
  const { subject, predicate } = TestResult.parse(await statementOf(db, row.test_result_sha256));
  expect(subject).toEqual(provenance.subject);
  const bill = JSON.parse(await textOf(db, row.sbom_sha256));
  expect(problems(bill)).toEqual([]);
  return { row, provenance, subject, tested: predicate, told: predicate.configuration.at(-1), bill };
}

test("a partial delivery whose judgement rejected it is FAILED, requirement by requirement, and says who decided it", async () => {
  const run = await partial({ others: [testRequirement("R2"), testRequirement("R3", { priority: "should" })] });
  const { row, provenance, subject, tested, told, bill } = await attested(run);
  expect(row.verification_id).toBe(run.verification_id);
  expect(subject).toMatchObject([{ name: "a-test-run", digest: { sha256: run.tree_sha256 } }]);
  expect(tested).toMatchObject({ result: "FAILED", passedTests: [], warnedTests: [], failedTests: ["adds"] });
  expect(told).toMatchObject({
    name: "verification-report",
    annotations: {
      ...{ stop_reason: "partial", kind: "assembly", outcome: "rejected", sandbox_level: "bubblewrap" },
      requirements: { total: 3, pass: 0, fail: 1, not_run: 2 },
      verdicts: ["R1 must fail", "R2 must not_run", "R3 should not_run"],
    },
  });
  const { rows } = await db.pools.auditor.query<{ id: string; reason: string }>(
    "select id, reason from director_actions where action = 'deliver_partial' and target_id = $1",
    [run.run_id],
  );
  expect(rows).toHaveLength(1);
  expect(provenance.predicate.buildDefinition.externalParameters).toMatchObject({
    run_id: run.run_id,
    deliver_partial: { director_action_id: rows[0]?.id, reason_sha256: sha256Hex(rows[0]?.reason ?? "") },
  });
  const files = bill.metadata.component.components.map(({ name }: { name: string }) => name);
  expect(files).toEqual([...DELIVERED_TREE.keys()].sort());
});

test("one in which all that was run passed is WARNED, not PASSED: accepted, or with requirements that nobody looked at", async () => {
  const accepted = await attested(await partial({ outcome: "accepted" }));
  expect(accepted.tested).toMatchObject({ result: "WARNED", passedTests: ["adds"], warnedTests: [], failedTests: [] });
  expect(accepted.told?.annotations).toMatchObject({ outcome: "accepted", verdicts: ["R1 must pass"] });
  const others = [
    testRequirement("R2"),
    testRequirement("R3", { verification_method: "inspection" }),
    testRequirement("R4", { verification_method: "inspection" }),
    testRequirement("R5"),
    testRequirement("R6"),
  ];
  const run = await judgedRun(db, runtime, { outcome: "accepted", others, inspect: ["R3"] });
  await directorAction(db, "set_aside", await requirementId(run, "R5"));
  await directorAction(db, "override_verdict", await requirementId(run, "R6"), { verdict: "pass" });
  await deliverPartially(db, run);
  const { tested, told } = await attested(run);
  expect(tested).toMatchObject({ result: "WARNED", passedTests: ["adds"], failedTests: [] });
  expect(told?.annotations?.verdicts).toEqual([
    ...["R1 must pass", "R2 must not_run", "R3 must inspection", "R4 must not_run"],
    ...["R5 must set_aside", "R6 must overridden"],
  ]);
});

async function requirementId({ run_id }: { run_id: string }, key: string): Promise<string> {
  const { rows } = await db.pools.manager.query<{ id: string }>(
    "select id from requirements where run_id = $1 and key = $2",
    [run_id, key],
  );
  return rows[0]?.id ?? "";
}

test("what was not clear, and what a person said no to, is FAILED as well", async () => {
  const unclear = await attested(await partial({ outcome: "inconclusive" }));
  expect(unclear.tested).toMatchObject({ result: "FAILED", passedTests: ["adds"], failedTests: [] });
  expect(unclear.told?.annotations).toMatchObject({ verdicts: ["R1 must inconclusive"] });
  for (const [action, others] of [
    ["override_verdict", []],
    ["confirm_inspection", [testRequirement("R2", { verification_method: "inspection" })]],
  ] as const) {
    const run = await judgedRun(db, runtime, { others, inspect: [] });
    const id = await requirementId(run, others[0]?.id ?? "R1");
    expect(await directorAction(db, action, id, { verdict: "fail" })).toMatchObject({ outcome: "done" });
    await deliverPartially(db, run);
    expect((await attested(run)).tested, action).toMatchObject({ result: "FAILED", passedTests: ["adds"] });
  }
});

test("the newest judgement counts, and one that the environment failed not where there is another", async () => {
  const judgedAgain = async (
    first: "inconclusive" | "rejected",
    ...later: ("rejected" | "environment" | "accepted")[]
  ) => {
    const run = await judgedRun(db, runtime, { outcome: first });
    const ids = [run.verification_id];
    for (const [index, outcome] of later.entries()) {
      const request = await askForAssembly(db, run, run, index + 1);
      ids.push(await assemble(db, request, run.tree_sha256, outcome, await requirementId(run, "R1")));
    }
    await deliverPartially(db, run);
    const { row, told, tested } = await attested(run);
    return [ids.indexOf(row.verification_id ?? ""), told?.annotations?.outcome, tested.result];
  };
  expect(await judgedAgain("inconclusive", "rejected")).toEqual([1, "rejected", "FAILED"]);
  expect(await judgedAgain("rejected", "accepted")).toEqual([1, "accepted", "WARNED"]);
  expect(await judgedAgain("rejected", "environment")).toEqual([0, "rejected", "FAILED"]);

  const { tested, told } = await attested(await partial({ outcome: "environment" }));
  expect(tested).toMatchObject({ result: "WARNED", passedTests: [], warnedTests: ["adds"], failedTests: [] });
  expect(told?.annotations).toMatchObject({ kind: "implement", verdicts: ["R1 must not_run"] });
});

test("where the judgement of the whole was waited for in vain, that of the task speaks, also against it", async () => {
  const landed = await attested(await partial({ outcome: null }));
  expect(landed.tested).toMatchObject({ result: "WARNED", warnedTests: ["adds"] });
  expect(landed.told?.annotations).toMatchObject({ kind: "implement", outcome: "accepted" });

  const run = await judgedRun(db, runtime, { outcome: null });
  const task = await addTestTask(db, run);
  const claim = await assignAndAccept(db, runtime, task, await createTestAgent(db, runtime, ["implement"]));
  await submitTestAttempt(db, claim);
  const tree = new Map([...DELIVERED_TREE, ["half.py", Buffer.from("half = 1\n")]]);
  const rejected = await judgeTestAttempt(db, claim, "rejected", { tree });
  await allDone(directorAction(db, "deliver_partial", run.run_id).then((outcome) => [outcome]));
  await manager("cancel_tasks", [task], ["deliver_partial"]);
  const tree_sha256 = await putTree(db.pools.manager, tree);
  await manager("land_partial_revision", run.run_id, run.revision_id, hash(tree_sha256), "as it is");
  const revision_id = (await runRow(db, run.run_id)).head_revision_id ?? "";
  await antedate(db, await askForAssembly(db, run, { revision_id, tree_sha256 }));
  await sealLog(db);
  await allDone(finishTestRun(db, { ...run, revision_id }, "partial"));
  const { row, subject, tested, told } = await attested(run);
  expect(row.verification_id).toBe(rejected);
  expect(subject).toMatchObject([{ digest: { sha256: tree_sha256 } }]);
  expect(told?.annotations).toMatchObject({ kind: "implement", outcome: "rejected" });
  expect(tested).toMatchObject({ result: "FAILED", warnedTests: ["adds"] });
});

/** A run that continues another one and hands its tree over as it got it, before there was a suite. */
async function unjudgedRun(base: DeliveredRun): Promise<DeliveredRun> {
  const run = await createTestRun(db, { base_run_id: base.run_id });
  await manager("adopt_base_revision", run.run_id, hash(base.tree_sha256));
  await manager("move_runs", [run.run_id], ["awaiting_director"], ["stuck"], ["nothing moves"]);
  await manager("cancel_tasks", [run.first_task_id], ["deliver_partial"]);
  const revision_id = (await runRow(db, run.run_id)).head_revision_id ?? "";
  const { tree_sha256, verification_id } = base;
  await deliverPartially(db, { ...run, revision_id });
  return { ...run, revision_id, tree_sha256, verification_id };
}

test("what nobody judged is attested as that: nothing was run, and the statement says so", async () => {
  const base = await deliveredRun(db, runtime);
  const run = await unjudgedRun(base);
  const { row, provenance, tested, told, bill } = await attested(run);
  expect(row.verification_id).toBeNull();
  expect(tested).toMatchObject({ result: "WARNED", passedTests: [], warnedTests: [], failedTests: [] });
  expect(told).toMatchObject({
    name: "delivered-tree",
    digest: { sha256: run.tree_sha256 },
    annotations: {
      stop_reason: "partial",
      kind: null,
      outcome: null,
      detail: expect.stringContaining("nobody judged"),
    },
  });
  expect(provenance.predicate.runDetails.byproducts?.map(({ name }) => name)).toEqual(["sbom.cdx.json"]);
  expect(JSON.stringify(bill)).not.toContain("verification_id");
  expect(bill.metadata.timestamp).toMatch(/^20\d\d-.*Z$/);
});

const refused = (code: string) => [expect.objectContaining({ outcome: "refused", code })];

test("the database takes an attestation of a partial delivery only after it, with its own judgement, tree and a result that fits", async () => {
  const other = await partial({ tree: new Map([["other.py", Buffer.from("pass\n")]]) });
  const { row } = await attested(other);
  const record = (attestation: object) =>
    callVerb(db.pools.auditor, "record_attestations", AUDITOR, [{ ...row, id: newId(), ...attestation }]);
  const about = (tree: string, result: string) => forgedAbout(db, keyIn(folder, row), tree, result);
  const run = await judgedRun(db, runtime, { outcome: "rejected" });
  const { run_id, verification_id, tree_sha256 } = run;
  const own = { run_id, verification_id, ...(await about(tree_sha256, "FAILED")) };
  expect(await record(own), "it is running").toEqual(refused("nothing_delivered"));
  await allDone(directorAction(db, "deliver_partial", run_id).then((outcome) => [outcome]));
  expect(await record(own), "it is delivering").toEqual(refused("nothing_delivered"));

  const cancelled = await judgedRun(db, runtime, { outcome: "rejected" });
  await directorAction(db, "deliver_partial", cancelled.run_id);
  await directorAction(db, "cancel", cancelled.run_id);
  const its = { run_id: cancelled.run_id, verification_id: cancelled.verification_id };
  expect(await record({ ...own, ...its }), "it was cancelled").toEqual(refused("nothing_delivered"));

  await sealLog(db);
  await allDone(finishTestRun(db, run, "partial"));
  const cases: readonly [object, string][] = [
    [{ verification_id: other.verification_id }, "verification_missing"],
    [{ verification_id: cancelled.verification_id }, "verification_missing"],
    [{ verification_id: null }, "verification_missing"],
    [await about(other.tree_sha256, "FAILED"), "other_subject"],
    [await about(tree_sha256, "PASSED"), "other_result"],
    [await about(tree_sha256, ""), "other_result"],
  ];
  for (const [change, code] of cases) expect(await record({ ...own, ...change }), code).toEqual(refused(code));
  expect(await rowOf(db, run_id)).toBeUndefined();
  expect(await record(own)).toMatchObject([{ outcome: "done" }]);
  expect(await record({ ...own, ...(await about(tree_sha256, "WARNED")) })).toEqual(refused("already_attested"));
});

test("a judgement that came after the delivery is not the one that it rests on", async () => {
  const run = await judgedRun(db, runtime, { outcome: "inconclusive" });
  const late = await askForAssembly(db, run, run, 1);
  const claims = await callVerb(db.pools.auditor, "claim_verifications", AUDITOR, "slow-auditor", 100, 60);
  await deliverPartially(db, run);
  const claim = claims.find((one) => (one as unknown as { request_id: string }).request_id === late);
  const report = { outcome: "accepted", report_sha256: run.tree_sha256, tree_sha256: run.tree_sha256 };
  const nothing = { sandbox_level: "bubblewrap", environment_sha256: null, verdicts: [], tests: [], evidence: [] };
  const item = { ...claim, id: newId(), ...report, ...nothing };
  await allDone(callVerb(db.pools.auditor, "record_verifications", AUDITOR, "slow-auditor", [item]));
  expect((await attested(run)).told?.annotations).toMatchObject({ outcome: "inconclusive" });
});

test("the seal of a partial delivery waits for its attestation, that of a cancelled run for nothing", async () => {
  const [run, cancelled] = [await partial(), await judgedRun(db, runtime)];
  await directorAction(db, "cancel", cancelled.run_id);
  await sealLog(db);
  const sealable = async () => (await readRunsToSeal(db.pools.auditor, 100)).map(({ run_id }) => run_id);
  expect(await sealable()).toContain(cancelled.run_id);
  expect(await sealable()).not.toContain(run.run_id);
  await attested(run);
  await sealLog(db);
  expect(await sealable()).toContain(run.run_id);
});
