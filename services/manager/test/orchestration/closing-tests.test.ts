import { describe, expect, it } from "vitest";
import {
  ancestorsOf,
  closedRequirements,
  closingTests,
  inheritedTests,
} from "../../src/orchestration/closing-tests.ts";

const nodes = [
  { id: "t1", depends_on: [], closes: ["R1"] },
  { id: "t2", depends_on: ["t1"], closes: ["R2"] },
  { id: "t3", depends_on: [], closes: ["R3"] },
  { id: "t4", depends_on: ["t2", "t3"], closes: [] },
];
const tests = [
  { id: "one", requirement_ids: ["R1"] },
  { id: "both", requirement_ids: ["R1", "R2"] },
  { id: "apart", requirement_ids: ["R3"] },
  { id: "joint", requirement_ids: ["R2", "R3"] },
];
const ids = (chosen: readonly { id: string }[]) => chosen.map((test) => test.id);

describe("closing tests", () => {
  it("are those whose requirements are all closed by the task or its ancestors", () => {
    expect(ids(closingTests(tests, closedRequirements("t1", nodes)))).toEqual(["one"]);
    expect(ids(closingTests(tests, closedRequirements("t2", nodes)))).toEqual(["one", "both"]);
    expect(ids(closingTests(tests, closedRequirements("t4", nodes)))).toEqual(["one", "both", "apart", "joint"]);
  });

  it("are inherited where every requirement was closed before", () => {
    expect(ids(inheritedTests(tests, closedRequirements("t2", nodes)))).toEqual(["one"]);
  });

  it("reach through the whole graph of dependencies", () => {
    expect([...ancestorsOf("t4", nodes)].sort()).toEqual(["t1", "t2", "t3"]);
    expect([...ancestorsOf("t1", nodes)]).toEqual([]);
  });
});
