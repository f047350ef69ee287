import type { SuiteProduct } from "@aura/shared/schemas/suite-product";
import type { TestResult } from "@aura/shared/schemas/verification-report";
import { describe, expect, test } from "vitest";
import { judgeStubRun, type SuiteGround, validateSuite } from "../../src/validators/acceptance-tests.ts";
import { acceptanceTest, codesOf, result, suite } from "./fixtures.ts";

const GROUND: SuiteGround = {
  requirements: [
    { id: "R1", text: "It works.", testable: true },
    { id: "R2", text: "It is neat.", testable: false },
  ],
  commands: ["python3", "-m", "stock"],
  previous: null,
  disputed_test_ids: [],
};
const SUITE = suite(acceptanceTest("a", ["R1"]), acceptanceTest("b", ["R1"]));

describe("before it is run", () => {
  test("every testable requirement is tested; one for inspection need not be", () => {
    expect(validateSuite(SUITE, GROUND)).toEqual([]);
    const elsewhere = suite(acceptanceTest("a", ["R2"]));
    expect(codesOf(validateSuite(elsewhere, GROUND))).toEqual(["requirement_untested"]);
  });

  test("test ids are unique and requirement ids exist", () => {
    const wrong = suite(acceptanceTest("a", ["R1"]), acceptanceTest("a", ["R7"]));
    expect(codesOf(validateSuite(wrong, GROUND))).toEqual(["test_id_duplicate", "requirement_unknown"]);
  });

  test("a test does not look for the marks of stubs", () => {
    const looking = (body: string, prelude = "") =>
      codesOf(validateSuite({ ...suite(acceptanceTest("a", ["R1"], body)), prelude }, GROUND));
    expect(looking("assert.doesNotMatch((await product.cli([])).stderr, /NotImplemented/);")).toEqual([
      "test_knows_harness",
    ]);
    const prelude = 'const MARK = "AURA_STUB_REACHED";\nconst quiet = (text) => assert.ok(!text.includes(MARK));\n';
    expect(looking("quiet((await product.cli([])).stderr);", prelude)).toEqual(["test_knows_harness"]);
    expect(looking("assert.equal((await product.cli([])).stderr, '');", prelude)).toEqual([]);
  });

  test("the tests of a requirement name what it alone is about, themselves or through the prelude", () => {
    const said = (id: string, text: string) => ({ id, text, testable: true });
    const requirements = [
      said("R1", "`stock undo` takes back the last change and prints `undone`."),
      said("R2", "`stock add NAME` adds NAME."),
      said("R3", "It is quick."),
      said("R4", "`stock list` is sorted."),
      said("R5", "`python3 -m stock` starts it."),
    ];
    const about = (body: string, prelude = "") => {
      const tests = [acceptanceTest("r1", ["R1"], `${body}; assert.ok(true);`)];
      const rest = acceptanceTest("rest", ["R2", "R3", "R4", "R5"], "assert.ok(await said('add', 'list'));");
      return codesOf(validateSuite({ ...suite(...tests, rest), prelude }, { ...GROUND, requirements }));
    };
    expect(about("await said('undo')")).toEqual([]);
    expect(about("await said('add', 'stock', 'NAME')")).toEqual(["requirement_off_subject"]);
    const prelude =
      "const steps = [];\nasync function back() {\n  await step('undo');\n}\nconst step = () => assert;\n";
    expect(about("await back()", prelude)).toEqual([]);
    expect(about("await said('add')", prelude)).toEqual(["requirement_off_subject"]);
  });

  test("a test asserts, by itself or through the prelude", () => {
    const silent = suite(acceptanceTest("a", ["R1"], "same(1, 1);"));
    expect(codesOf(validateSuite(silent, GROUND))).toEqual(["test_without_assertion"]);
    const prelude = "function same(x, y) { assert.equal(x, y); }";
    expect(validateSuite({ ...silent, prelude }, GROUND)).toEqual([]);
  });
});

describe("on the stub", () => {
  const red = { outcome: "fail", reached_stub: true } as const;
  const judged = (first: Partial<TestResult>, second: Partial<TestResult> = red) =>
    judgeStubRun(SUITE, [result("a", ["R1"], first), result("b", ["R1"], second)], GROUND);

  test("one failing test and one guard are enough", () => {
    expect(judged(red, {})).toEqual({ findings: [], guards: ["b"] });
  });

  test("a requirement with nothing but guards is refused", () => {
    expect(codesOf(judged({}, {}).findings)).toEqual(["requirement_only_guards"]);
  });

  test("tripping over the stub's empty output is a failure, tripping over an unknown name is the test's own", () => {
    const error = { outcome: "error", reached_stub: true } as const;
    const empty = { ...error, message: "SyntaxError: Unexpected end of JSON input (line 2 of the test)" };
    expect(judged(empty).findings).toEqual([]);
    const own = [
      "ReferenceError: expct is not defined",
      "TypeError: product.run is not a function",
      "UsageError: product.cli(args, options): args must be a list",
      "the test made no assertion",
    ];
    for (const message of own) {
      const [found] = judged({ ...error, message }).findings;
      expect(found).toMatchObject({ code: "test_broken", subject: "a" });
      expect(found?.message).toContain(message);
    }
  });

  test("a test that never reached the product, or compared nothing, shows nothing", () => {
    const unparsed = { outcome: "error", reached_product: false, message: "SyntaxError: Unexpected token" } as const;
    expect(codesOf(judged(unparsed).findings)).toEqual(["test_never_reached_product"]);
    expect(codesOf(judged({ reached_product: false }).findings)).toEqual(["test_never_reached_product"]);
    expect(codesOf(judged({ assertions: 0 }).findings)).toEqual(["test_broken"]);
  });
});

describe("judging disputes", () => {
  const ground = { ...GROUND, previous: SUITE, disputed_test_ids: ["a"] };
  const ruled = (ruling: "upheld" | "replaced", ...tests: SuiteProduct["tests"]) =>
    codesOf(validateSuite({ ...suite(...tests), rulings: [{ test_id: "a", ruling, basis: "B1 says so" }] }, ground));
  const [a, b] = SUITE.tests as [SuiteProduct["tests"][0], SuiteProduct["tests"][0]];
  const other = { ...a, body: `${a.body} assert.ok(true);` };

  test("every disputed test has a ruling", () => {
    expect(codesOf(validateSuite(SUITE, ground))).toEqual(["ruling_missing"]);
    expect(ruled("upheld", a, b)).toEqual([]);
  });

  test("a replaced test is another one, an upheld or undisputed one stays word for word", () => {
    expect(ruled("replaced", other, b)).toEqual([]);
    expect(ruled("replaced", { ...other, id: "a2" }, b)).toEqual([]);
    expect(ruled("replaced", a, b)).toEqual(["replacement_missing"]);
    expect(ruled("upheld", other, b)).toEqual(["test_changed_unruled"]);
    expect(ruled("upheld", a, { ...other, id: "b" })).toEqual(["test_changed_unruled"]);
  });

  test("what replaces a test asserts no less, under its own name or another one", () => {
    const bare = { ...a, body: "await product.cli([]);" };
    const weaker = ["test_without_assertion", "replacement_weaker"];
    expect(ruled("replaced", bare, b)).toEqual(weaker);
    expect(ruled("replaced", { ...bare, id: "a2" }, b)).toEqual(weaker);
    expect(ruled("replaced", { ...other, body: "assert.ok(await product.cli([]));" }, b)).toEqual([]);
  });

  test("a replacement fails on the stub", () => {
    const results = [result("a", ["R1"]), result("b", ["R1"], { outcome: "fail", reached_stub: true })];
    expect(codesOf(judgeStubRun(suite(other, b), results, ground).findings)).toEqual(["replacement_not_red"]);
  });
});
