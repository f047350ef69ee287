import type { EnvironmentFacts, EvidenceItem, TestResult } from "@aura/shared/schemas/verification-report";
import { expect, test } from "vitest";
import { boundedReport } from "../../src/auditor/bounded-report.ts";
import { report } from "../../src/auditor/judge-context.ts";
import { observeSuite, type SuiteGround } from "../../src/auditor/suite-run.ts";
import type { Sandbox } from "../../src/sandbox/port.ts";
import { acceptanceTest, result, suite } from "../validators/fixtures.ts";
import { scriptedSandbox } from "./scripted-sandbox.ts";

const STRIPPED = new Map([["stripped", Buffer.alloc(0)]]);
const FACTS: EnvironmentFacts = {
  sandbox_level: "bubblewrap",
  canaries: {},
  kernel: "",
  toolchain: {},
  launcher_sha256: null,
  isolator: "bubblewrap 0.8.0",
  runtime: "linux",
  seccomp_sha256: null,
};
const SUITE = suite(acceptanceTest("a", ["R1"]), acceptanceTest("b", ["R1"]), acceptanceTest("guard", ["R2"]));
const GROUND: SuiteGround = {
  tree: new Map(),
  dependencies: new Map(),
  toolchain: "python",
  interfaces: { modules: [], cli: [], http: [] },
  suite: SUITE,
  attachments: new Map(),
  seed: 1,
  clock_offset_s: 0,
  surroundings: "bare" as const,
};

/** Answers each run with the next list of results; `runs` keeps what was asked for. */
function answering(answers: TestResult[][], reason = "exit") {
  const runs: { ids: string[]; stripped: boolean }[] = [];
  const runAcceptance: Sandbox["runAcceptance"] = async ({ tests, tree }) => {
    runs.push({ ids: tests.map(({ id }) => id), stripped: tree === STRIPPED });
    const evidence: EvidenceItem = {
      kind: "acceptance_run",
      command: [],
      exit_code: 0,
      reason,
      output: "",
      tree_sha256: null,
      duration_ms: 1,
    };
    return { tests: answers[runs.length - 1] ?? [], evidence, environment: FACTS, clock_offset_s: 0, reached: {} };
  };
  return { runs, sandbox: scriptedSandbox({ runAcceptance, stripBodies: async () => STRIPPED }) };
}

test("what failed is run once more, and a test that passes then is unsteady", async () => {
  const failed = { outcome: "fail", message: "boom" } as const;
  const first = [result("a", ["R1"], failed), result("b", ["R1"], failed), result("guard", ["R2"])];
  const again = [result("a", ["R1"]), result("b", ["R1"], failed)];
  const { runs, sandbox } = answering([first, again]);
  const run = await observeSuite(sandbox, GROUND, SUITE.tests, []);
  expect(runs.map(({ ids }) => ids)).toEqual([
    ["a", "b", "guard"],
    ["a", "b"],
  ]);
  expect([...run.flaky]).toEqual(["a"]);
  expect(run.tests[0]?.message).toMatch(/^unsteady: .* boom$/);
});

test("a guard that passed must die on the product with its bodies removed", async () => {
  const passed = [result("a", ["R1"]), result("b", ["R1"]), result("guard", ["R2"])];
  const { runs, sandbox } = answering([passed, [result("guard", ["R2"])]]);
  const run = await observeSuite(sandbox, GROUND, SUITE.tests, ["guard"]);
  expect(runs[1]).toEqual({ ids: ["guard"], stripped: true });
  expect([...run.survivors]).toEqual(["guard"]);
  expect(run.evidence.map(({ kind }) => kind)).toEqual(["acceptance_run", "body_removal_run"]);
});

test("without a test nothing runs, and what would have isolated it is named", async () => {
  const sandbox = scriptedSandbox({ environment: async () => FACTS });
  const run = await observeSuite(sandbox, GROUND, [], []);
  expect(run).toMatchObject({ tests: [], evidence: [], environment: FACTS });
});

test("a run that the sandbox could not begin is no evidence against anybody", async () => {
  const { sandbox } = answering([[]], "spawn_failed");
  await expect(observeSuite(sandbox, GROUND, SUITE.tests, [])).rejects.toMatchObject({ name: "EnvironmentFailure" });
});

test("a run that says nothing about a test is no evidence either", async () => {
  const { sandbox } = answering([[result("a", ["R1"]), result("b", ["R1"])]]);
  await expect(observeSuite(sandbox, GROUND, SUITE.tests, [])).rejects.toThrow("no result for guard");
});

test("texts out of the sandbox are cut and made storable", () => {
  const hostile = result("a", ["R1"], { outcome: "fail", observed: `\u0000\ud800${"x".repeat(9000)}` });
  const [kept] = boundedReport(report("rejected", [], { tests: [hostile] })).tests;
  expect(kept?.observed).toMatch(/^\uFFFD\uFFFDx+\n\[5002 more characters\]$/);
});
