import { describe, expect, it } from "vitest";
import { precheckPlan } from "../../src/agent/prechecks/plan.ts";
import { precheckRequirements } from "../../src/agent/prechecks/requirements.ts";
import { precheckSuite } from "../../src/agent/prechecks/suite.ts";
import { BLOCKS, PLAN, PLAN_CONTEXT, REQUIREMENTS, testOf } from "../contexts.ts";

const [FIRST] = PLAN.tasks;

function planWith(...tasks: readonly Partial<NonNullable<typeof FIRST>>[]) {
  return { ...PLAN, tasks: tasks.map((task) => ({ ...(FIRST as NonNullable<typeof FIRST>), ...task })) };
}

describe("requirements", () => {
  const product = { requirements: REQUIREMENTS, dispositions: [], questions: [] };
  const heading = { block_id: "B1", disposition: "context" as const, reason: "heading" };

  it("speak of every block", () => {
    expect(precheckRequirements(product, BLOCKS)).toEqual([expect.stringContaining("B1")]);
    expect(precheckRequirements({ ...product, dispositions: [heading] }, BLOCKS)).toEqual([]);
  });

  it("cite no block that is not there, and leave nothing out that they cite", () => {
    const odd = {
      ...product,
      dispositions: [heading, { block_id: "B2", disposition: "non_goal" as const, reason: "x" }],
    };
    expect(precheckRequirements(odd, BLOCKS)).toEqual([expect.stringContaining("B2 is a non_goal")]);
    const unknown = { ...product, dispositions: [heading, { ...heading, block_id: "B9" }] };
    expect(precheckRequirements(unknown, BLOCKS)).toEqual([expect.stringContaining("B9 is no block")]);
  });
});

describe("a plan", () => {
  it("starts its commands as its toolchain does", () => {
    const context = { ...PLAN_CONTEXT, toolchain: { name: "typescript", description: "Node 24" } };
    const withCommand = (...command: string[]) => {
      const interfaces = { ...PLAN.interfaces, cli: [{ name: "words", command, usage: "words" }] };
      return precheckPlan({ ...PLAN, toolchain: "typescript", interfaces }, context);
    };
    expect(withCommand("node", "words/main.ts")).toEqual([]);
    expect(withCommand("python3", "-m", "words")).toEqual(['The command of words must be ["node", "<path>.ts"].']);
    expect(withCommand("node", "main.ts")).toEqual(["The command of words needs main.ts in a task's file_scope."]);
  });

  it("that is sound has no findings", () => {
    expect(precheckPlan(PLAN, PLAN_CONTEXT)).toEqual([]);
  });

  it.each([
    ["gives every requirement to a task", planWith({ requirement_ids: ["R1"], closes: ["R1"] }), "R2 is in no task"],
    ["closes every testable requirement", planWith({ closes: ["R1"] }), "R2 is closed by no task"],
    [
      "closes each once",
      planWith({}, { key: "T2", depends_on: ["T1"], file_scope: ["b.py"] }),
      "R1 is closed by T1 and T2",
    ],
    ["has no circle", planWith({ depends_on: ["T1"] }), "circle"],
    ["keeps parallel scopes apart", planWith({}, { key: "T2", closes: [] }), "overlap"],
    ["can be started", planWith({ file_scope: ["src/**"] }), "words/__main__.py"],
    [
      "names its packages in a file of the product",
      { ...PLAN, dependencies: [{ name: "x", version: "1", reason: "y" }] },
      "dependencies",
    ],
  ])("%s", (_rule, plan, words) => {
    expect(precheckPlan(plan, PLAN_CONTEXT).join("\n")).toContain(words);
  });
});

describe("a suite", () => {
  const test = { ...testOf("R1-a", "R1"), timeout_s: 15 };
  const ground = { wanted: ["R1"], known: ["R1"] };
  const found = (tests: (typeof test)[], prelude = "") => precheckSuite({ prelude, tests }, ground).join("\n");

  it("names every wanted requirement and no other", () => {
    expect(found([test])).toBe("");
    expect(found([{ ...test, requirement_ids: ["R7"] }])).toMatch(/No test names R1[\s\S]*R7/);
  });

  it("is JavaScript that calls the product and asserts, without being run", () => {
    expect(found([{ ...test, body: "await product.cli([;" }])).toContain("not valid JavaScript");
    expect(found([{ ...test, body: "assert.ok(1);" }])).toContain("never calls the product");
    expect(found([{ ...test, body: "await product.cli([]);" }])).toContain("asserts nothing");
    expect(found([{ ...test, body: "for (;;) { await product.cli([]); assert.ok(0); }" }])).toBe("");
  });

  it("may reuse a name of the prelude inside a body", () => {
    expect(found([{ ...test, body: `const run = 1;\n{\n${test.body}\n}` }], "const run = 0;")).toBe("");
  });
});
