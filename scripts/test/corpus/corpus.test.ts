import { expect, test } from "vitest";
import { readProducts } from "../../corpus/corpus-files.ts";
import { allCases, caseName, choose } from "../../corpus/corpus-run.ts";
import { errorRate, rateText } from "../../corpus/error-rate.ts";
import { GUARDS } from "../../corpus/guard-list.ts";
import { changedFiles, parseTrick } from "../../corpus/trick-file.ts";

const products = readProducts();

test("every product has three correct solutions, a test for each rule, and thirty tricks", () => {
  for (const { name, rules, tests, submissions, solutions } of products) {
    const tested = new Set(tests.flatMap(({ requirement_ids }) => requirement_ids));
    expect([...tested].sort(), name).toEqual(rules.map((_, index) => `R${index + 1}`).sort());
    expect(solutions.size, name).toBeGreaterThanOrEqual(3);
    expect(submissions.filter(({ expected }) => expected === "rejected").length, name).toBeGreaterThanOrEqual(30);
    expect(new Set(submissions.map((one) => one.name)).size, name).toBe(submissions.length);
  }
});

test("every guard names submissions that there are", () => {
  const known = new Set(allCases(products).map(caseName));
  expect(GUARDS.flatMap(({ submissions }) => submissions).filter((name) => !known.has(name))).toEqual([]);
});

test("a sample is the same each time, and what is always in it comes first", () => {
  const choice = { product: null, only: null, sample: 12 };
  const names = choose(products, choice).map(caseName);
  expect(names).toHaveLength(12);
  expect(names).toEqual(choose(products, choice).map(caseName));
  expect(names).toContain("pricing/classes");
});

test("a trick changes a solution, or says what it does not find there", () => {
  const text =
    "expected: rejected\nkind: k\nwhat: w\n--- replace a\none\n--- with\ntwo\n--- append b\nmore\n--- remove c\n";
  const { sections } = parseTrick(text);
  expect(changedFiles({ a: "one", b: "b\n", c: "" }, sections)).toEqual({ a: "two", b: "b\nmore\n" });
  expect(() => changedFiles({ a: "four" }, sections)).toThrow(/does not hold "one"/);
  expect(() => parseTrick("expected: maybe\nkind: k\nwhat: w")).toThrow(/missing/);
});

test("intervals are those of Clopper and Pearson", () => {
  const rounded = (errors: number, of: number) => {
    const { low, high } = errorRate(errors, of);
    return [low, high].map((share) => Math.round(share * 10_000) / 10_000);
  };
  expect(rounded(0, 60)).toEqual([0, 0.0596]);
  expect(rounded(1, 10)).toEqual([0.0025, 0.445]);
  expect(rounded(5, 10)).toEqual([0.1871, 0.8129]);
  expect(rounded(10, 10)).toEqual([0.6915, 1]);
  expect(rounded(0, 0)).toEqual([0, 1]);
  expect(rateText(errorRate(0, 60))).toBe("0 of 60: 0.0 % (95 % interval 0.0 % to 6.0 %)");
});
