import { expect, test } from "vitest";
import { type ConfidenceGround, confidenceInputs, confidenceScore } from "../../src/orchestration/confidence.ts";
import { reportOf } from "./scripted-run.ts";

const verdict = (requirement_id: string, tests_total: number) => ({
  ...{ requirement_id, verdict: "pass" as const, tests_passed: tests_total, tests_total, detail: "" },
});
const survivor = {
  path: "a.py",
  function: "f",
  line: 1,
  operator: "step",
  behaviour: "a step is left out",
  requirement_ids: ["R1"],
};
const ASSEMBLY = {
  ...reportOf("accepted"),
  verdicts: [verdict("R1", 2), verdict("R2", 1)],
  coverage: { functions: 4, functions_reached: 3, requirements: [], files: [], unreached: [] },
  mutation: { sampled: 13, killed: 11, not_run: 1, survived: [survivor] },
};
const GROUND: ConfidenceGround = { passed: 2, total: 2, assembly: ASSEMBLY, reviews: [] };
const doubt = (severity: "low" | "medium" | "high") => ({
  summary: "",
  doubts: [{ path: "a.py", line: null, requirement_id: null, severity, text: "hm" }],
});
const score = (ground: Partial<ConfidenceGround>) => confidenceScore(confidenceInputs({ ...GROUND, ...ground }));

test("what speaks for a run is counted, and each kind of it weighs as the document says", () => {
  expect(confidenceInputs(GROUND)).toEqual({
    ...{ requirements: 2, requirements_passed: 2, assembled: true, functions: 4, functions_reached: 3 },
    ...{ mutants: 12, mutants_killed: 11, tested: 2, tested_twice: 1, reviews: 0, worst_doubt: null },
  });
  const low = 0.64612; // Wilson, 11 of 12, 95 %: by the formula, in another language
  expect(score({})).toBeCloseTo(0.5 + (0.4 * low + 0.3 * 0.75 + 0.2 * 0.5) / 2, 3);
});

test("a review adds nothing where it has grave doubts, and can make no requirement pass", () => {
  const [none, high, medium, low] = [
    score({}),
    ...(["high", "medium", "low"] as const).map((s) => score({ reviews: [doubt(s)] })),
  ];
  expect([high, medium, low].map((value) => Math.round(((value ?? 0) - none) * 1000) / 1000)).toEqual([0, 0.025, 0.05]);
  expect(score({ passed: 0, reviews: [doubt("low")] })).toBe(0);
});

test("without a judgement of the whole, or without anything behind it, half of the share is left", () => {
  expect(score({ passed: 1, assembly: null })).toBe(0.25);
  expect(score({ assembly: reportOf("accepted") })).toBe(0.5);
  expect(score({ passed: 0, total: 0, assembly: null })).toBe(0);
});
