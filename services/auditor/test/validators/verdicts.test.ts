import type { TestResult } from "@aura/shared/schemas/verification-report";
import { expect, test } from "vitest";
import { judgeAssembly } from "../../src/validators/assembly.ts";
import { validateReview } from "../../src/validators/review.ts";
import { type SuiteObservation, verdictOf } from "../../src/validators/verdicts.ts";
import { codesOf, result } from "./fixtures.ts";

function observed(tests: TestResult[], change: Partial<SuiteObservation> = {}): SuiteObservation {
  return { tests, flaky: new Set(), survivors: new Set(), ...change };
}

test("a requirement passes only when all of its tests do", () => {
  const both = [result("a", ["R1"]), result("b", ["R1", "R2"])];
  expect(verdictOf("R1", observed(both))).toMatchObject({ verdict: "pass", tests_passed: 2, tests_total: 2 });
  const failed = [result("a", ["R1"]), result("b", ["R1"], { outcome: "fail" })];
  expect(verdictOf("R1", observed(failed))).toMatchObject({ verdict: "fail", tests_passed: 1, tests_total: 2 });
});

test("no evidence is never a pass", () => {
  expect(verdictOf("R1", observed([]))).toMatchObject({ verdict: "not_run", tests_total: 0 });
  expect(verdictOf("R1", observed([result("a", ["R1"], { assertions: 0 })])).verdict).toBe("fail");
  expect(verdictOf("R1", observed([result("a", ["R1"], { reached_product: false })])).verdict).toBe("fail");
});

test("a test that passed once and failed once makes the verdict inconclusive, unless another fails for good", () => {
  const tests = [result("a", ["R1"], { outcome: "fail" }), result("b", ["R1"])];
  expect(verdictOf("R1", observed(tests, { flaky: new Set(["a"]) })).verdict).toBe("inconclusive");
  const worse = [...tests, result("c", ["R1"], { outcome: "error" })];
  expect(verdictOf("R1", observed(worse, { flaky: new Set(["a"]) })).verdict).toBe("fail");
});

test("a guard that survives the removal of all bodies is no evidence", () => {
  const tests = [result("guard", ["R1"]), result("b", ["R2"]), result("guard2", ["R2"])];
  const observation = observed(tests, { survivors: new Set(["guard", "guard2"]) });
  expect(verdictOf("R1", observation)).toMatchObject({ verdict: "not_run", tests_total: 0 });
  expect(verdictOf("R2", observation)).toMatchObject({ verdict: "pass", tests_total: 1 });
});

test("an assembly is accepted when no mandatory requirement that tests judge is open, and names what else failed", () => {
  const requirements = [
    { id: "R1", inspection: false, mandatory: true },
    { id: "R2", inspection: true, mandatory: true },
    { id: "R3", inspection: false, mandatory: false },
  ];
  const passed = judgeAssembly(requirements, observed([result("a", ["R1"]), result("c", ["R3"], { outcome: "fail" })]));
  expect(passed).toMatchObject({ outcome: "accepted", findings: [] });
  expect(passed.verdicts[2]).toMatchObject({ requirement_id: "R3", verdict: "fail", detail: "failed: c" });
  expect(passed.verdicts[1]).toMatchObject({ verdict: "not_run", detail: "inspection by the Director" });

  const untested = judgeAssembly(requirements, observed([]));
  expect(untested.outcome).toBe("rejected");
  expect(codesOf(untested.findings)).toEqual(["requirement_not_run"]);

  const unsteady = observed([result("a", ["R1"], { outcome: "fail" })], { flaky: new Set(["a"]) });
  expect(judgeAssembly(requirements, unsteady).outcome).toBe("inconclusive");
});

test("a file that is refused fails what its task closes, and is a warning where nothing mandatory answers for it", () => {
  const requirements = [
    { id: "R1", inspection: false, mandatory: true },
    { id: "R2", inspection: false, mandatory: true },
    { id: "R3", inspection: false, mandatory: false },
  ];
  const observation = observed(["R1", "R2", "R3"].map((id) => result(id, [id])));
  const found = { code: "secret_in_tree", subject: "a.py", message: "a.py:1: holds a key" };
  const refused = judgeAssembly(requirements, observation, [{ found, keys: ["R1", "R3"] }]);
  expect(refused).toMatchObject({ outcome: "rejected", verdicts: [{ verdict: "fail" }, { verdict: "pass" }, {}] });
  expect(refused.findings.map(({ code, subject }) => `${code} ${subject}`)).toEqual([
    "requirement_fail R1",
    "secret_in_tree R1",
  ]);
  for (const keys of [[], ["R3"]]) {
    const shown = judgeAssembly(requirements, observation, [{ found, keys }]);
    expect(shown).toMatchObject({ outcome: "accepted", findings: [{ ...found, severity: "warning" }] });
  }
});

test("a doubt points at a line that is there", () => {
  const tree = new Map([["a.py", Buffer.from("one\ntwo\n")]]);
  const doubt = (path: string, line: number | null, requirement_id: string | null = null) => ({
    summary: "",
    doubts: [{ path, line, requirement_id, severity: "low" as const, text: "odd" }],
  });
  expect(validateReview(doubt("a.py", 2, "R1"), tree, ["R1"])).toEqual([]);
  expect(codesOf(validateReview(doubt("b.py", null), tree, []))).toEqual(["path_unknown"]);
  expect(codesOf(validateReview(doubt("a.py", 9, "R9"), tree, ["R1"]))).toEqual([
    "line_unknown",
    "requirement_unknown",
  ]);
});
