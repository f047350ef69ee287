import { expect, test } from "vitest";
import {
  type ConfidenceGround,
  confidenceInputs,
  confidenceScore,
  mistakesNoticed,
} from "../../src/orchestration/confidence.ts";
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

/** Of 11 changes noticed of 12, and of none tried: by the formula, in another language. */
const [NOTICED_11_OF_12, NOTICED_NOTHING_TRIED] = [0.608, 0.44];

test("what speaks for a run is counted, and the score is what the document says", () => {
  expect(confidenceInputs(GROUND)).toEqual({
    ...{ requirements: 2, requirements_passed: 2, assembled: true, functions: 4, functions_reached: 3 },
    ...{ mutants: 12, mutants_killed: 11, tested: 2, tested_twice: 1, reviews: 0, worst_doubt: null },
  });
  expect(mistakesNoticed(confidenceInputs(GROUND))).toBe(NOTICED_11_OF_12);
  expect(score({})).toBeCloseTo(0.75 * NOTICED_11_OF_12, 3);
  expect(score({ passed: 1 })).toBeCloseTo((0.75 * NOTICED_11_OF_12) / 2, 3);
});

test("more changes noticed never mean less, and more that were missed never mean more", () => {
  const noticed = (mutants_killed: number, mutants: number) =>
    mistakesNoticed({ ...confidenceInputs(GROUND), mutants, mutants_killed });
  const [none, half, most, all, many] = [
    noticed(0, 12),
    noticed(6, 12),
    noticed(11, 12),
    noticed(12, 12),
    noticed(40, 40),
  ];
  expect([none, half, most, all, many].toSorted((a = 0, b = 0) => a - b)).toEqual([none, half, most, all, many]);
  expect(half).toBe(NOTICED_NOTHING_TRIED);
});

test("a review adds nothing, takes away by its gravest doubt, and can make no requirement pass", () => {
  const none = score({});
  const doubted = (["low", "medium", "high"] as const).map((severity) => score({ reviews: [doubt(severity)] }) / none);
  expect(doubted.map((share) => Math.round(share * 100))).toEqual([100, 95, 85]);
  expect(score({ reviews: [{ summary: "", doubts: [] }] })).toBe(none);
  expect(score({ passed: 0, reviews: [doubt("low")] })).toBe(0);
});

test("without a judgement of the whole, or without changes behind it, nothing was tried", () => {
  expect(score({ passed: 1, assembly: null })).toBe(NOTICED_NOTHING_TRIED / 2);
  expect(score({ assembly: reportOf("accepted") })).toBe(NOTICED_NOTHING_TRIED);
  expect(score({ passed: 0, total: 0, assembly: null })).toBe(0);
});
