import { canonicalJson, sha256Hex } from "@aura/shared/models/canonical-json";
import { TaskSpec } from "@aura/shared/schemas/task-spec";
import { describe, expect, it } from "vitest";
import type { AdoptedRequirement, RunTask } from "../../src/db/orchestration-specification.ts";
import { type PlanGround, tasksOfPlan, wantedTests } from "../../src/orchestration/planned-tasks.ts";
import { plannedTask, planProduct, requirementsProduct } from "./scripted-run.ts";

const requirements: AdoptedRequirement[] = requirementsProduct(["R1", "R2"]).requirements.map((content) => ({
  requirement_id: `id-${content.id}`,
  content_sha256: content.id,
  set_aside: false,
  content,
}));
const ground = (rest: Partial<PlanGround> = {}): PlanGround => ({
  run_id: "run",
  revision: 1,
  plan: planProduct([plannedTask("T1", ["R1"]), plannedTask("T2", ["R2"], ["T1"])]),
  requirements,
  existing: [],
  wantedTests: ["R1", "R2"],
  ...rest,
});
const existing = (key: string, kind: string, rest: Partial<RunTask> = {}): RunTask => ({
  id: `old-${key}`,
  key,
  title: `Build ${key}`,
  kind,
  status: "verified",
  repairs_task_id: null,
  overridden: false,
  depends_on: [],
  closes: [],
  spec_sha256: "other",
  ...rest,
});

describe("the tasks of a plan", () => {
  it("are the suite, the planned ones after it, and a review after all of them", () => {
    const { add } = tasksOfPlan(ground());
    const byKey = new Map(add.map((task) => [task.key, task]));
    const id = (key: string) => byKey.get(key)?.id ?? "";
    expect([...byKey.keys()]).toEqual(["SUITE", "T1", "T2", "REVIEW"]);
    expect(byKey.get("T2")?.depends_on).toEqual([id("SUITE"), id("T1")]);
    expect(byKey.get("REVIEW")?.depends_on).toEqual([id("T1"), id("T2")]);
    expect(byKey.get("T1")?.requirements).toEqual([{ requirement_id: "id-R1", closes: true }]);
    expect(byKey.get("SUITE")?.spec.requirement_ids).toEqual(["R1", "R2"]);
  });

  it("have the same ids whenever they are made", () => {
    expect(tasksOfPlan(ground())).toEqual(tasksOfPlan(ground()));
  });

  it("need no suite where every requirement has its tests already", () => {
    expect(tasksOfPlan(ground({ wantedTests: [] })).add.map((task) => task.key)).toEqual(["T1", "T2", "REVIEW"]);
  });

  it("under a later plan keep what is verified and unchanged, do the rest anew and cancel what was open", () => {
    const { description, requirement_ids, closes, file_scope } = plannedTask("T1", ["R1"]);
    const spec_sha256 = sha256Hex(canonicalJson(TaskSpec.parse({ description, requirement_ids, closes, file_scope })));
    const before = [
      existing("T1", "implement", { spec_sha256 }),
      existing("T2", "implement", { status: "awaiting_director" }),
      existing("REVIEW", "review", { status: "blocked" }),
      existing("PLAN", "plan", { status: "ready" }),
    ];
    const { add, cancel } = tasksOfPlan(ground({ revision: 2, existing: before, wantedTests: [] }));
    expect(add.map((task) => [task.key, task.depends_on])).toEqual([
      ["T2-P2", ["old-T1"]],
      ["REVIEW-P2", ["old-T1", add[0]?.id]],
    ]);
    expect(cancel).toEqual(["old-T2", "old-REVIEW"]);
  });
});

describe("the requirements that tests are wanted for", () => {
  it("are the testable ones without a test, or all of them when the interfaces changed", () => {
    expect(wantedTests(requirements, new Set(["R1"]), false)).toEqual(["R2"]);
    expect(wantedTests(requirements, new Set(["R1"]), true)).toEqual(["R1", "R2"]);
  });

  it("are never inspections or what a person set aside", () => {
    const [first, second] = requirements;
    if (first === undefined || second === undefined) throw new Error("there are two");
    const inspected = { ...first, content: { ...first.content, verification_method: "inspection" as const } };
    expect(wantedTests([inspected, { ...second, set_aside: true }], new Set(), true)).toEqual([]);
  });
});
