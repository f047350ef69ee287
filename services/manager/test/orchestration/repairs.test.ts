import type { TaskStatus } from "@aura/shared/enums/task";
import { TaskSpec } from "@aura/shared/schemas/task-spec";
import { describe, expect, it } from "vitest";
import type { RunTask } from "../../src/db/orchestration-specification.ts";
import { planRepairs, type RepairGround } from "../../src/orchestration/repairs.ts";

const task = (key: string, closes: string[], rest: Partial<RunTask> = {}): RunTask => ({
  id: key,
  key,
  title: `Build ${key}`,
  kind: "implement",
  status: "verified" satisfies TaskStatus,
  repairs_task_id: null,
  overridden: false,
  depends_on: [],
  closes,
  spec_sha256: "",
  ...rest,
});
const ground = (tasks: RunTask[], failed_keys: string[], specs: [string, Partial<TaskSpec>][] = []): RepairGround => ({
  run_id: "run",
  verification_id: "5f0c4a52-0000-4000-8000-000000000001",
  failed_keys,
  untested_keys: [],
  requirements: [],
  tasks,
  specs: new Map([
    ...tasks.map(({ key, closes }): [string, TaskSpec] => {
      return [key, TaskSpec.parse({ closes, requirement_ids: closes, file_scope: [`${key.toLowerCase()}/**`] })];
    }),
    ...specs.map(([key, spec]): [string, TaskSpec] => [key, TaskSpec.parse(spec)]),
  ]),
  roundsMax: 2,
});

describe("repairs", () => {
  it("are one task for each closing task, in its scope, after the repairs of what it builds on", () => {
    const tasks = [task("T1", ["R1", "R2"]), task("T2", ["R3"], { depends_on: ["T1"] }), task("T3", ["R4"])];
    const plan = planRepairs(ground(tasks, ["R2", "R3"]));
    if (plan.kind !== "tasks") throw new Error(plan.kind);
    expect(plan.add.map(({ key, spec }) => [key, spec.closes, spec.file_scope])).toEqual([
      ["T1-R1", ["R2"], ["t1/**"]],
      ["T2-R1", ["R3"], ["t2/**"]],
    ]);
    expect(plan.add[1]?.depends_on).toEqual(["T2", plan.add[0]?.id]);
  });

  it("go on with the next round from the planned task, and stop after two", () => {
    const first = task("T1-R1", ["R1"], { repairs_task_id: "T1" });
    const second = planRepairs(ground([task("T1", ["R1"]), first], ["R1"]));
    expect(second).toMatchObject({ kind: "tasks", add: [{ key: "T1-R2", repairs_task_id: "T1" }] });
    const third = task("T1-R2", ["R1"], { repairs_task_id: "T1" });
    expect(planRepairs(ground([task("T1", ["R1"]), first, third], ["R1"])).kind).toBe("ask");
  });

  it("are a test author's before any developer's where no test counts, and a person's after two rounds", () => {
    const untested = (tasks: RunTask[]) => planRepairs({ ...ground(tasks, ["R1", "R2"]), untested_keys: ["R2"] });
    const first = untested([task("T1", ["R1", "R2"])]);
    if (first.kind !== "tasks") throw new Error(first.kind);
    expect(first.add).toMatchObject([{ key: "TESTS-1", kind: "acceptance_tests", repairs_task_id: null }]);
    expect(first.add[0]?.spec).toMatchObject({ requirement_ids: ["R2"], closes: [], file_scope: [] });
    const rounds = ["TESTS-1", "TESTS-2"].map((key) => task(key, [], { kind: "acceptance_tests" }));
    expect(untested([task("T1", ["R1", "R2"]), ...rounds])).toMatchObject({ kind: "ask" });
  });

  it("are a revision of the plan where no task covers what failed", () => {
    expect(planRepairs(ground([task("T1", ["R1"])], ["R9"]))).toMatchObject({ kind: "revise" });
  });

  it("are the Director's matter where the Director cancelled the task, or its repair", () => {
    expect(planRepairs(ground([task("T1", ["R1"], { status: "cancelled" })], ["R1"])).kind).toBe("ask");
    const spec: [string, Partial<TaskSpec>] = ["T1-R1", { verification_id: "5f0c4a52-0000-4000-8000-000000000001" }];
    const cancelled = task("T1-R1", ["R1"], { repairs_task_id: "T1", status: "cancelled" });
    expect(planRepairs(ground([task("T1", ["R1"]), cancelled], ["R1"], [spec])).kind).toBe("ask");
  });

  it("are under way while one of them is open", () => {
    const spec: [string, Partial<TaskSpec>] = ["T1-R1", { verification_id: "5f0c4a52-0000-4000-8000-000000000001" }];
    const open = task("T1-R1", ["R1"], { repairs_task_id: "T1", status: "running" });
    expect(planRepairs(ground([task("T1", ["R1"]), open], ["R1"], [spec])).kind).toBe("under_way");
  });
});
