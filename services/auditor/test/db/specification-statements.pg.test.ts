import { randomUUID } from "node:crypto";
import { putJson } from "@aura/shared/postgres/blobs";
import { type Tx, withTransaction } from "@aura/shared/postgres/client";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readGuards, readRequirements, readTaskGraph } from "../../src/db/specification-statements.ts";

let database: TestDatabase;
let nothing: string;

beforeAll(async () => {
  database = await testDatabase();
  nothing = await putJson(database.pools.admin, null);
});
afterAll(() => database?.close());

/** Writes rows past the triggers, which want every step of the way there. */
function seed(work: (tx: Tx) => Promise<unknown>): Promise<unknown> {
  return withTransaction(database.pools.admin, async (tx) => {
    await tx.query("set local session_replication_role = replica");
    return work(tx);
  });
}

function insert(tx: Tx, table: string, row: Record<string, unknown>) {
  const columns = Object.keys(row);
  const places = columns.map((column, at) => (column.endsWith("_sha256") ? `decode($${at + 1}, 'hex')` : `$${at + 1}`));
  return tx.query(`insert into ${table} (${columns.join(", ")}) values (${places.join(", ")})`, Object.values(row));
}

async function insertRequirement(tx: Tx, run_id: string, key: string, change: Record<string, unknown> = {}) {
  const row = { id: randomUUID(), run_id, key, kind: "functional", priority: "must", verification_method: "test" };
  await insert(tx, "requirements", { ...row, block_ids: ["B1"], content_sha256: nothing, ...change });
  return row.id;
}

test("a requirement of a continued run knows whether it is unchanged and passed there, and whether it is waived", async () => {
  const [former, run_id] = [randomUUID(), randomUUID()];
  await seed(async (tx) => {
    await insert(tx, "orchestra_runs", { id: former, manager_id: "m", status: "executing" });
    await insert(tx, "orchestra_runs", { id: run_id, manager_id: "m", status: "executing", base_run_id: former });
    const passed = await insertRequirement(tx, former, "R1");
    await insertRequirement(tx, former, "R2");
    const [request_id, verification_id] = [randomUUID(), randomUUID()];
    await insert(tx, "verification_requests", {
      id: request_id,
      run_id: former,
      kind: "assembly",
      tree_sha256: nothing,
    });
    const verification = { id: verification_id, request_id, run_id: former, outcome: "rejected", auditor: "a" };
    await insert(tx, "verifications", { ...verification, report_sha256: nothing });
    const verdict = { requirement_id: passed, verdict: "pass", tests_passed: 1, tests_total: 1 };
    await insert(tx, "verdicts", { verification_id, ...verdict });
    await insertRequirement(tx, run_id, "R1");
    await insertRequirement(tx, run_id, "R2");
    await insertRequirement(tx, run_id, "R10", { set_aside_by: randomUUID() });
    const content_sha256 = await putJson(tx, "new words");
    await insertRequirement(tx, run_id, "R11", { content_sha256, overridden_by: randomUUID() });
  });
  const rows = await readRequirements(database.pools.auditor, run_id);
  const facts = rows.map((row) => [row.key, row.unchanged, row.passed_before, row.set_aside, row.waived]);
  expect(facts).toEqual([
    ["R1", true, true, false, false],
    ["R2", true, false, false, false],
    ["R10", false, false, true, true],
    ["R11", false, false, false, true],
  ]);
});

test("a repair stands behind what it repairs and what it depends on", async () => {
  const run_id = randomUUID();
  const [first, second, repair] = [randomUUID(), randomUUID(), randomUUID()];
  const task = { run_id, status: "ready", kind: "implement", title: "t", spec_sha256: nothing };
  await seed(async (tx) => {
    await insert(tx, "orchestra_runs", { id: run_id, manager_id: "m", status: "executing" });
    await insert(tx, "task_queue", { ...task, id: first, key: "T1", overridden: true });
    await insert(tx, "task_queue", { ...task, id: second, key: "T2" });
    await insert(tx, "task_queue", { ...task, id: repair, key: "T1-R1", repairs_task_id: first });
    await insert(tx, "task_dependencies", { task_id: repair, depends_on: second });
    const requirement_id = await insertRequirement(tx, run_id, "R1");
    await insert(tx, "task_requirements", { task_id: first, requirement_id, closes: true });
    await insert(tx, "task_requirements", { task_id: second, requirement_id, closes: false });
  });
  const graph = new Map((await readTaskGraph(database.pools.auditor, run_id)).map((node) => [node.id, node]));
  expect(graph.get(first)).toMatchObject({ overridden: true, depends_on: [], closes: ["R1"] });
  expect(graph.get(second)?.closes).toEqual([]);
  expect(graph.get(repair)?.depends_on.sort()).toEqual([first, second].sort());
});

test("the guards of a suite carried over word for word are those of the suite that was judged", async () => {
  const [run_id, verification_id, judged, carried, unknown] = Array.from({ length: 5 }, () => randomUUID());
  await seed(async (tx) => {
    const content_sha256 = await putJson(tx, "suite");
    await insert(tx, "suites", { id: judged, run_id, version: 1, content_sha256, verification_id });
    await insert(tx, "suites", { id: carried, run_id: randomUUID(), version: 1, content_sha256 });
    await insert(tx, "suites", { id: unknown, run_id, version: 2, content_sha256: nothing });
    const result = { verification_id, requirement_keys: ["R1"], outcome: "pass", reached_product: true, assertions: 1 };
    await insert(tx, "test_results", { ...result, test_id: "guard", guard: true, duration_ms: 1 });
    await insert(tx, "test_results", { ...result, test_id: "red", guard: false, duration_ms: 1 });
  });
  expect(await readGuards(database.pools.auditor, String(carried))).toEqual(["guard"]);
  expect(await readGuards(database.pools.auditor, String(unknown))).toBeNull();
});
