import { createLog } from "@aura/shared/log";
import { treeSha256 } from "@aura/shared/models/tree";
import { putTree } from "@aura/shared/postgres/blobs";
import { AuraError } from "@aura/shared/problems";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runNextCheck } from "../../src/auditor/check-loop.ts";
import { createSandboxQueue } from "../../src/auditor/sandbox-queue.ts";
import { type AuditorDeps, verifyNext } from "../../src/auditor/verification-loop.ts";
import { openSandbox } from "../../src/sandbox/open.ts";
import type { Sandbox } from "../../src/sandbox/port.ts";
import { codesOf } from "../validators/fixtures.ts";
import { scriptedSandbox } from "./scripted-sandbox.ts";
import { ADDER_PLAN, ADDER_SUITE, adderTree, recordedReport, type SeededRun, seedRun } from "./seeded-run.ts";

let database: TestDatabase;
let run: SeededRun;
const sandbox = openSandbox({ sandbox: "auto" });
const { signal } = new AbortController();

beforeAll(async () => {
  database = await testDatabase();
  run = await seedRun(database.pools.admin);
});

afterAll(async () => {
  await sandbox.killAll();
  await database?.close();
});

function auditor(used: Sandbox = sandbox, holder = "auditor-one"): AuditorDeps {
  const log = createLog("auditor", "silent");
  return { pool: database.pools.auditor, log, sandbox: createSandboxQueue(used), holder };
}

/** Lets the auditor judge the one open request. */
async function judged(requestId: string, deps = auditor()) {
  expect(await verifyNext(deps, signal)).toBe(true);
  return recordedReport(database.pools.admin, requestId);
}

async function submitTree(core: string, extra: Record<string, string> = {}) {
  const tree = new Map([...adderTree(core), ...Object.entries(extra).map(([k, v]) => [k, Buffer.from(v)] as const)]);
  const changes = [...tree].map(([path, body]) => ({ path, content: body.toString("utf8") }));
  const base_tree_sha256 = await putTree(database.pools.admin, new Map());
  return run.submit("implement", { base_tree_sha256, changes, summary: "adds", disputes: [] }, tree);
}

async function rowsOf(table: string, requestId: string) {
  const { rows } = await database.pools.admin.query(
    `select x.* from ${table} x join verifications v on v.id = x.verification_id where v.request_id = $1`,
    [requestId],
  );
  return rows;
}

test("nothing to judge is not an error", async () => {
  expect(await verifyNext(auditor(), signal)).toBe(false);
});

test("an agent's word is checked against the PRD and the plan", async () => {
  const requirements = { requirements: [], dispositions: [], questions: [] };
  const report = await judged(await run.submit("requirements", requirements));
  expect(report).toMatchObject({ outcome: "rejected", findings: [{ code: "malformed_product" }], environment: null });

  expect(await judged(await run.submit("plan", ADDER_PLAN))).toMatchObject({ outcome: "accepted", findings: [] });
});

test("a plan whose interfaces cannot be built is refused with the signature", async () => {
  const broken = structuredClone(ADDER_PLAN);
  const [core] = broken.interfaces.modules;
  core?.symbols.splice(0, 1, { kind: "function", name: "add", signature: "def add(a b)", methods: [], doc: "" });
  const report = await judged(await run.submit("plan", broken));
  expect(report?.outcome).toBe("rejected");
  expect(report?.findings[0]?.subject).toContain("add");
});

test("a suite is accepted when it fails on the stub, and its guards are marked", async () => {
  const request = await run.submit("acceptance_tests", ADDER_SUITE);
  const report = await judged(request);
  expect(report).toMatchObject({ outcome: "accepted", findings: [], guards: ["guard"] });
  expect(report?.environment?.sandbox_level).toBe("bubblewrap");
  const marks = (await rowsOf("test_results", request)).map(({ test_id, guard }) => [test_id, guard]);
  expect(marks.sort()).toEqual([
    ["guard", true],
    ["probe", false],
    ["sum", false],
  ]);
  expect(await rowsOf("evidence", request)).toMatchObject([{ kind: "stub_run", reason: "exit" }]);
});

test("a change that works is accepted on exactly its tree, with a verdict for each requirement", async () => {
  const request = await submitTree("def add(a, b):\n    return a + b\n");
  const report = await judged(request);
  expect(report).toMatchObject({ outcome: "accepted", findings: [] });
  expect(report?.verdicts).toMatchObject([
    { requirement_id: "R1", verdict: "pass", tests_passed: 1, tests_total: 1 },
    { requirement_id: "R2", verdict: "pass", tests_passed: 1, tests_total: 1 },
  ]);
  expect(report?.verdicts[1]?.detail).toContain("guard");
  const { rows } = await database.pools.admin.query(
    `select encode(v.tree_sha256, 'hex') as tree, e.actor_kind, e.actor_id from verifications v
       join audit_events e on e.subject_id = v.id::text where v.request_id = $1 and e.event_type = 'verification.accepted'`,
    [request],
  );
  expect(rows).toEqual([{ tree: treeSha256(adderTree()), actor_kind: "auditor", actor_id: "auditor-one" }]);
});

test("a change that does not work is rejected with what was expected and seen", async () => {
  const report = await judged(await submitTree("def add(a, b):\n    return a - b\n"));
  expect(report?.outcome).toBe("rejected");
  expect(report?.verdicts.map(({ verdict }) => verdict)).toEqual(["fail", "fail"]);
  const sum = report?.tests.find(({ test_id }) => test_id === "sum");
  expect(sum).toMatchObject({ outcome: "fail", reached_product: true, observed: "'-1\\n'", expected: "'5\\n'" });
});

test("files outside the scope and sources that do not compile are refused before any test runs", async () => {
  const outside = await judged(await submitTree("def add(a, b):\n    return a + b\n", { "setup.py": "" }));
  expect(codesOf(outside?.findings ?? [])).toEqual(["out_of_scope"]);
  const broken = await judged(await submitTree("def add(a, b:\n"));
  expect(codesOf(broken?.findings ?? [])).toEqual(["does_not_compile"]);
  expect(broken).toMatchObject({ outcome: "rejected", tests: [] });
});

test("the assembled product is judged by the whole suite, its own tests are shown and not counted", async () => {
  const own = "import unittest\nclass T(unittest.TestCase):\n    def test_no(self): self.fail('never mind')\n";
  const request = await run.submit("assembly", null, new Map([...adderTree(), ["test_own.py", Buffer.from(own)]]));
  const report = await judged(request);
  expect(report?.outcome).toBe("accepted");
  expect(report?.verdicts.map(({ verdict }) => verdict)).toEqual(["pass", "pass", "not_run"]);
  expect(report?.verdicts[2]?.detail).toBe("inspection by the Director");
  const ownTests = (await rowsOf("evidence", request)).find(({ kind }) => kind === "own_tests");
  expect(ownTests).toMatchObject({ reason: "exit", exit_code: 1 });
});

test("without a suite nothing is judged where tests are to judge, and only the product's own tests run where not", async () => {
  const report = await judged(await run.submitWithoutSuite(adderTree()));
  expect(report).toMatchObject({ outcome: "environment", findings: [{ code: "suite_missing", subject: "R1" }] });
  const other = await seedRun(database.pools.admin);
  await other.inspectEverything();
  const accepted = await judged(await other.submitWithoutSuite(adderTree()));
  expect(accepted).toMatchObject({ outcome: "accepted", tests: [], evidence: [{ kind: "own_tests" }] });
  expect(accepted?.verdicts.map(({ verdict }) => verdict)).toEqual(["not_run", "not_run", "not_run"]);
  expect(accepted?.environment?.sandbox_level).toBe("bubblewrap");
});

test("what the sandbox cannot do is never held against the agent", async () => {
  const failing = scriptedSandbox({
    runCheck: () => Promise.reject(new AuraError("isolation_unavailable", "nothing here can isolate")),
  });
  const report = await judged(await submitTree("def add(a, b):\n    return a + b\n"), auditor(failing));
  expect(report).toMatchObject({ outcome: "environment", verdicts: [], findings: [{ code: "isolation_unavailable" }] });
});

test("a tree that is not what the developer sent is the Manager's to make again", async () => {
  const base_tree_sha256 = await putTree(database.pools.admin, new Map());
  const changes = [{ path: "adder/core.py", content: "def add(a, b):\n    return 5\n" }];
  const product = { base_tree_sha256, changes, summary: "adds", disputes: [] };
  const report = await judged(await run.submit("implement", product, adderTree()));
  expect(report).toMatchObject({ outcome: "environment", findings: [{ code: "tree_not_from_product" }] });
});

test("a judgement that cannot be recorded is the Auditor's failure, recorded once, and not judged again for ever", async () => {
  const request = await submitTree("def add(a, b):\n    return a + b\n");
  const ended = { exit_code: 1, reason: "exit", duration_ms: 1e12 } as const; // a time that no column takes
  const scripted = scriptedSandbox({
    environment: () => sandbox.environment(),
    runCheck: async () => ({ ...ended, exit_code: 0, stdout: "", stderr: "" }),
    checkImports: async () => ({ ...ended, kind: "plan_import", command: ["imports"], output: "", tree_sha256: null }),
  });
  const report = await judged(request, auditor(scripted));
  expect(report).toMatchObject({ outcome: "environment", evidence: [], findings: [{ code: "auditor_failed" }] });
  expect(report?.findings[0]?.message).toContain("could not record");
  expect(await verifyNext(auditor(), signal)).toBe(false);
});

test("an auditor that lost its lease cannot record", async () => {
  const request = await submitTree("def add(a, b):\n    return a + b\n");
  const slow = scriptedSandbox({
    runCheck: async () => {
      await database.pools.admin.query("update verification_leases set expires_at = now() - interval '1 s'");
      await verifyNext(auditor(undefined, "auditor-two"), signal);
      throw new Error("too late");
    },
  });
  await verifyNext(auditor(slow), signal);
  const { rows } = await database.pools.admin.query(
    "select auditor, outcome from verifications where request_id = $1",
    [request],
  );
  expect(rows).toEqual([{ auditor: "auditor-two", outcome: "accepted" }]);
});

test("a stopped system kills the work and records nothing", async () => {
  const request = await submitTree("def add(a, b):\n    return a + b\n");
  let kill: (error: Error) => void = () => undefined;
  const hanging = scriptedSandbox({
    runCheck: async () => {
      await database.pools.admin.query("update system_state set stopped_at = now()");
      return new Promise((_, reject) => (kill = reject));
    },
    killAll: async () => kill(new Error("killed")),
  });
  expect(await verifyNext(auditor(hanging), signal)).toBe(true);
  expect(await verifyNext(auditor(), signal)).toBe(false);
  expect(await recordedReport(database.pools.admin, request)).toBeNull();

  await database.pools.admin.query("update system_state set stopped_at = null");
  await database.pools.admin.query("update verification_leases set expires_at = now() - interval '1 s'");
  expect(await judged(request)).toMatchObject({ outcome: "accepted" });
});

test("an agent's check is executed and answered", async () => {
  const job = await run.askForCheck(adderTree("def add(a, b:\n"), "compile");
  expect(await runNextCheck(auditor(), signal)).toBe(true);
  expect(await runNextCheck(auditor(), signal)).toBe(false);
  const { rows } = await database.pools.admin.query(
    "select j.status, convert_from(b.body, 'UTF8')::jsonb as result from sandbox_jobs j join blobs b on b.sha256 = j.result_sha256 where j.id = $1",
    [job],
  );
  expect(rows).toMatchObject([{ status: "done", result: { exit_code: 1, reason: "exit" } }]);
});
