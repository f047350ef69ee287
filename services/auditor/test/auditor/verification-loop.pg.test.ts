import { mkdtempSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog } from "@aura/shared/log";
import { treeSha256 } from "@aura/shared/models/tree";
import { putTree } from "@aura/shared/postgres/blobs";
import { AuraError } from "@aura/shared/problems";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runNextCheck } from "../../src/auditor/check-loop.ts";
import { createSandboxQueue } from "../../src/auditor/sandbox-queue.ts";
import { type AuditorDeps, verifyNext } from "../../src/auditor/verification-loop.ts";
import { GateClient } from "../../src/dependencies/gate-client.ts";
import { openRegistryGate } from "../../src/dependencies/registry-gate.ts";
import { openSandbox } from "../../src/sandbox/open.ts";
import type { Sandbox } from "../../src/sandbox/port.ts";
import { type FakeRegistry, startFakeRegistry } from "../dependencies/fake-registry.ts";
import { codesOf } from "../validators/fixtures.ts";
import { scriptedSandbox } from "./scripted-sandbox.ts";
import { ADDER_PLAN, ADDER_SUITE, adderTree, recordedReport, type SeededRun, seedRun } from "./seeded-run.ts";

/** AURA_TEST_REPEATS=20 for the claim itself; a few each time. */
const REPEATS = Number(process.env.AURA_TEST_REPEATS ?? 3);

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

/** No plan of these tests names a package. */
const gate = new GateClient("/nowhere/registry.sock");

function auditor(used: Sandbox = sandbox, holder = "auditor-one"): AuditorDeps {
  const log = createLog("auditor", "silent");
  return {
    pool: database.pools.auditor,
    log,
    sandbox: createSandboxQueue(used),
    gate,
    mutation: { count: 2, wall_ms: 30_000 },
    holder,
  };
}

/** Lets the auditor judge the one open request. */
async function judged(requestId: string, deps = auditor()) {
  expect(await verifyNext(deps, signal)).toBe(true);
  return recordedReport(database.pools.admin, requestId);
}

const submitTree = (core: string, extra: Record<string, string> = {}) => submitTo(run, core, extra);

async function submitTo(run: SeededRun, core: string, extra: Record<string, string>) {
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

describe("a plan with a dependency", () => {
  const folder = mkdtempSync(join(tmpdir(), "gate-"));
  const socket = join(folder, "socket");
  const installing = openSandbox({ sandbox: "auto", registry: { gate: socket, path: "" } });
  const files = { "plus/__init__.py": "def plus(a, b):\n    return a + b\n" };
  const manifest = { path: "requirements.txt", name: "plus-lib" };
  let registry: FakeRegistry;
  let server: Server;

  beforeAll(async () => {
    registry = await startFakeRegistry([], [{ name: manifest.name, version: "1.4.0", age: 400, files }]);
    const registries = { npm: null, pypi: registry.pypi };
    server = await openRegistryGate({ registries, log: createLog("registry", "silent") }, socket);
  });
  afterAll(async () => {
    await installing.killAll();
    server.close();
    server.closeAllConnections();
    registry.close();
    rmSync(folder, { recursive: true });
  });

  const deps = () => ({ ...auditor(installing), gate: new GateClient(socket) });
  const planOf = (name: string, version: string) => {
    const tasks = ADDER_PLAN.tasks.map((task) => ({ ...task, file_scope: [...task.file_scope, manifest.path] }));
    return { ...ADDER_PLAN, tasks, dependencies: [{ name, version, reason: "adds" }] };
  };

  test("is rejected where it cannot be had, before anything is built on it", async () => {
    for (const [name, version] of [
      ["no-such-lib", ""],
      [manifest.name, ">=2"],
    ] as const) {
      const report = await judged(await run.submit("plan", planOf(name, version)), deps());
      expect(report).toMatchObject({ outcome: "rejected", findings: [{ code: "dependency_unavailable" }] });
    }
  });

  test("is nobody's fault where the registry does not answer, or policy cannot be read", async () => {
    const report = await judged(await run.submit("plan", planOf(manifest.name, "")));
    expect(report).toMatchObject({ outcome: "environment", findings: [{ code: "dependency_unavailable" }] });
    const { admin } = database.pools;
    await admin.query("insert into policies values ('dependencies.mode', 2, 'whatever', 'nonsense')");
    const unread = await judged(await run.submit("plan", planOf(manifest.name, "")), deps());
    expect(unread).toMatchObject({ outcome: "environment", findings: [{ code: "dependency_unavailable" }] });
    await admin.query("insert into policies values ('dependencies.mode', 3, 'checked', 'as before')");
  });

  test("is accepted with what was fetched, and what is built on it is judged with exactly that", async () => {
    const request = await run.submit("plan", planOf(manifest.name, ">=1,<2"));
    const report = await judged(request, deps());
    expect(report).toMatchObject({
      outcome: "accepted",
      dependencies: { packages: [{ name: manifest.name, version: "1.4.0", licence: "MIT", direct: true }] },
    });
    const layer = report?.dependencies?.layer_sha256;
    expect(await rowsOf("evidence", request)).toContainEqual(
      expect.objectContaining({ kind: "dependency_resolution", tree_sha256: Buffer.from(layer ?? "", "hex") }),
    );
    expect(report?.evidence[0]?.output).toContain("rules: checked; versions of 7 days");
    const fresh = await seedRun(database.pools.admin);
    const again = await fresh.submit("plan", planOf(manifest.name, ">=1,<2"));
    await judged(again, deps());
    await fresh.adopt(again);
    const asked = registry.asked.length;
    const core = "from plus import plus\n\n\ndef add(a, b):\n    return plus(a, b)\n";
    const unnamed = await judged(await submitTo(fresh, core, {}), deps());
    expect(codesOf(unnamed?.findings ?? [])).toEqual(["manifest_differs"]);
    const named = await judged(await submitTo(fresh, core, { [manifest.path]: "plus-lib==1.4.0\n" }), deps());
    expect(named).toMatchObject({ outcome: "accepted", findings: [] });
    expect(registry.asked.length).toBe(asked); // fetched once
  });
});

test("a suite is accepted when it fails on the stub, and its guards are marked", async () => {
  const request = await run.submit("acceptance_tests", ADDER_SUITE);
  const report = await judged(request);
  expect(report).toMatchObject({ outcome: "accepted", findings: [], guards: ["guard"] });
  expect(report?.environment).toMatchObject({ sandbox_level: "bubblewrap", runtime: "linux" });
  expect(report?.environment?.isolator).toMatch(/^bubblewrap \d/);
  expect(report?.environment?.seccomp_sha256).toMatch(/^[0-9a-f]{64}$/);
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
  expect(report?.coverage).toMatchObject({ functions: 1, functions_reached: 1, unreached: [] });
  expect(report?.mutation).toEqual({ sampled: 2, killed: 2, not_run: 0, survived: [] });
});

test("equal input gives equal verdicts, whatever else is different about a run", async () => {
  const reports = [];
  for (let n = 0; n < REPEATS; n += 1) reports.push(await judged(await run.submit("assembly", null, adderTree())));
  const decided = reports.map((report) => ({
    ...{ outcome: report?.outcome, findings: report?.findings, verdicts: report?.verdicts, guards: report?.guards },
    ...{ coverage: report?.coverage, environment: report?.environment },
    tests: report?.tests.map(({ duration_ms: _, ...test }) => test),
  }));
  expect(new Set(decided.map((one) => JSON.stringify(one))).size).toBe(1);
  expect(decided[0]?.outcome).toBe("accepted");
});

test("a repair may not fail what passed on the product that it repairs", async () => {
  const other = await seedRun(database.pools.admin);
  const broken = await other.submit("assembly", null, adderTree("def add(a, b):\n    return 0 if a + b == 0 else 6\n"));
  expect((await judged(broken))?.verdicts).toMatchObject([{ verdict: "fail" }, { verdict: "pass" }, {}]);
  await other.repair(broken);
  const worse = await judged(await submitTo(other, "def add(a, b):\n    return 5\n", {}));
  expect(worse).toMatchObject({ outcome: "rejected", findings: [{ code: "regression", subject: "probe" }] });
  const better = await judged(await submitTo(other, "def add(a, b):\n    return a + b\n", {}));
  expect(better).toMatchObject({ outcome: "accepted", findings: [] });
});

test("a product that passes at the time of the run only is not delivered", async () => {
  const until = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10);
  const core = `import time\ndef add(a, b):\n    return a + b if time.strftime("%Y-%m-%d") < "${until}" else 0\n`;
  const request = await run.submit("assembly", null, adderTree(core));
  const report = await judged(request);
  expect(report).toMatchObject({
    outcome: "inconclusive",
    findings: [{ code: "requirement_inconclusive", subject: "R1" }],
  });
  expect(report?.tests.find(({ test_id }) => test_id === "sum")?.message).toContain("days ahead");
  expect((await rowsOf("evidence", request)).map(({ kind }) => kind)).toContain("confirmation_run");
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
    inspectSource: (asked) => sandbox.inspectSource(asked),
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
