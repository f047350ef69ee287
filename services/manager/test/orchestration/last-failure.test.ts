import type { TestResult, VerificationReport } from "@aura/shared/schemas/verification-report";
import { describe, expect, it } from "vitest";
import { lastFailure } from "../../src/orchestration/context/last-failure.ts";

const result = (test_id: string, outcome: TestResult["outcome"], observed = "x"): TestResult => ({
  test_id,
  requirement_ids: ["R1"],
  outcome,
  reached_product: true,
  reached_stub: false,
  assertions: 1,
  input: null,
  expected: "y",
  observed,
  message: null,
  duration_ms: 17,
});
const report = (tests: TestResult[], findings: VerificationReport["findings"] = []): VerificationReport => ({
  outcome: "rejected",
  findings,
  verdicts: [],
  tests,
  guards: [],
  evidence: [],
  environment: null,
});

describe("what an agent is told about its last failure", () => {
  it("is nothing when nothing failed", () => {
    expect(lastFailure({ last: null, best: null, note: null })).toBeNull();
  });

  it("is the same for the same work: sorted, without a duration", () => {
    const tests = [result("b", "fail"), result("a", "fail"), result("c", "pass")];
    const told = lastFailure({ last: report(tests), best: null, note: null });
    expect(told).toEqual(lastFailure({ last: report([...tests].reverse()), best: null, note: null }));
    expect(told?.tests.map((test) => test.test_id)).toEqual(["a", "b"]);
    expect(JSON.stringify(told)).not.toContain("duration");
  });

  it("is bounded: 20 tests, 2000 characters a text", () => {
    const tests = Array.from({ length: 30 }, (_, i) =>
      result(`t${String(i).padStart(2, "0")}`, "fail", "z".repeat(5000)),
    );
    const told = lastFailure({ last: report(tests), best: null, note: null });
    expect(told?.tests).toHaveLength(20);
    expect(told?.tests[0]?.observed?.length).toBeLessThan(2100);
  });

  it("tells of the tree that is in the files, and what a worse attempt broke", () => {
    const best = report([result("a", "pass"), result("b", "fail")]);
    const finding = { code: "scope", message: "outside", subject: "x.py" };
    const last = report([result("a", "fail"), result("b", "pass")], [finding]);
    const told = lastFailure({ last, best, note: null });
    expect(told?.tests.map((test) => test.test_id)).toEqual(["b"]);
    expect(told?.findings).toEqual([finding]);
    expect(told?.note).toContain("It broke a.");
  });
});
