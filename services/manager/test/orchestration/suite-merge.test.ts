import { SuiteProduct } from "@aura/shared/schemas/suite-product";
import { describe, expect, it } from "vitest";
import { carriedSuite, mergeSuite } from "../../src/orchestration/suite-merge.ts";

const test = (id: string, requirement: string, body = "assert.ok(true) // long enough") => ({
  id,
  requirement_ids: [requirement],
  title: `shows ${requirement}`,
  body,
  timeout_s: 15,
});
const suite = (tests: ReturnType<typeof test>[], rest: Partial<SuiteProduct> = {}) =>
  SuiteProduct.parse({ prelude: "", tests, rulings: [], ...rest });
const ids = (merged: SuiteProduct) => merged.tests.map(({ id }) => id);
const none = new Set<string>();

describe("the suite that results from an author's product", () => {
  it("takes the tests of wanted requirements from the product and keeps all others", () => {
    const previous = suite([test("a", "R1"), test("b", "R2")]);
    const product = suite([test("c", "R2")]);
    expect(ids(mergeSuite(previous, product, new Set(["R2"]), none))).toEqual(["a", "c"]);
  });

  it("does not let an author change a test that nobody asked for", () => {
    const previous = suite([test("a", "R1", "assert.ok(strict) // the old body")]);
    const merged = mergeSuite(previous, suite([test("a", "R1"), test("b", "R2")]), new Set(["R2"]), none);
    expect(merged.tests[0]?.body).toContain("the old body");
    expect(ids(merged)).toEqual(["a", "b"]);
  });

  it("replaces a disputed test only where it was ruled wrong", () => {
    const previous = suite([test("a", "R1", "assert.ok(1) // first"), test("b", "R1", "assert.ok(2) // first")]);
    const rulings = [
      { test_id: "a", ruling: "replaced" as const, basis: "B2 says so" },
      { test_id: "b", ruling: "upheld" as const, basis: "B2 says so" },
    ];
    const product = suite([test("a", "R1", "assert.ok(3) // second"), test("b", "R1", "assert.ok(4) // second")], {
      rulings,
    });
    const merged = mergeSuite(previous, product, new Set(["R1"]), new Set(["a", "b"]));
    const bodies = Object.fromEntries(merged.tests.map(({ id, body }) => [id, body]));
    expect(bodies).toEqual({ a: "assert.ok(3) // second", b: "assert.ok(2) // first" });
    expect(merged.rulings).toEqual(rulings);
  });

  it("keeps the prelude that other tests need, repeated, extended or left out", () => {
    const previous = suite([test("a", "R1")], { prelude: "const x = 1;" });
    const merged = (prelude: string) =>
      mergeSuite(previous, suite([test("b", "R2")], { prelude }), new Set(["R2"]), none).prelude;
    expect(merged("")).toBe("const x = 1;");
    expect(merged("const x = 1;")).toBe("const x = 1;");
    expect(merged("const x = 1;\nconst y = 2;")).toBe("const x = 1;\nconst y = 2;");
    expect(merged("const y = 2;")).toBe("const x = 1;\nconst y = 2;");
  });

  it("carries over only tests whose requirements are all unchanged", () => {
    const base = suite([test("a", "R1"), { ...test("b", "R1"), requirement_ids: ["R1", "R2"] }]);
    expect(carriedSuite(base, new Set(["R1"]))?.tests.map(({ id }) => id)).toEqual(["a"]);
    expect(carriedSuite(base, new Set())).toBeNull();
  });
});
