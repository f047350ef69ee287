import type { VerificationReport } from "@aura/shared/schemas/verification-report";
import { createTestRun, createTestRuntime, directorAction } from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { landedTasks, runOf, suiteOf, taskIdOf, taskOf, taskStatuses } from "./run-facts.ts";
import {
  delta,
  plannedTask,
  planProduct,
  productOf,
  reportOf,
  requirementsProduct,
  type Script,
  ScriptedWorld,
  submit,
  suiteProduct,
  testFor,
  wordOf,
} from "./scripted-run.ts";

let db: TestDatabase;
let world: ScriptedWorld;

beforeAll(async () => {
  db = await testDatabase();
  world = new ScriptedWorld(db, await createTestRuntime(db));
});
beforeEach(() => {
  world.play(() => null);
  world.given.clear();
});
afterAll(() => db.close());

/** One task T1 that closes R1 and R2. */
const oneTask: Script["play"] = (context) => {
  if (context.kind === "requirements") return submit(requirementsProduct(["R1", "R2"]));
  if (context.kind === "plan") return submit(planProduct([plannedTask("T1", ["R1", "R2"])]));
  return submit(productOf(context));
};

describe("a rejected attempt", () => {
  it("is tried again on its own work with the evidence of what failed, and charged", async () => {
    world.play((context, claim) => {
      if (context.kind !== "implement") return oneTask(context, claim);
      if (claim.attempt === 1) return submit(delta(context, { "t1/a.txt": wordOf("R1") }));
      return submit(delta(context, { "t1/b.txt": wordOf("R2") }));
    });
    const { run_id } = await createTestRun(db);
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed", stop_reason: "verified" });
    expect(await taskOf(db, run_id, "T1")).toMatchObject({ attempt: 2, failures: 1 });
    const second = world.given.get("T1")?.[1];
    if (second?.kind !== "implement") throw new Error("T1 is an implement task");
    expect(second.tree.map((file) => file.path)).toEqual(["t1/a.txt"]);
    expect(second.last_failure).toMatchObject({
      tests: [{ test_id: "test-R2", outcome: "fail", expected: wordOf("R2") }],
      passed_test_ids: ["test-R1"],
      note: null,
    });
  });

  it("that broke what passed leaves the best attempt as the starting point", async () => {
    world.play((context, claim) => {
      if (context.kind !== "implement") return oneTask(context, claim);
      if (claim.attempt === 1) return submit(delta(context, { "t1/a.txt": wordOf("R1") }));
      if (claim.attempt === 2) return submit(delta(context, { "t1/a.txt": "nothing" }));
      return submit(delta(context, { "t1/b.txt": wordOf("R2") }));
    });
    const { run_id } = await createTestRun(db);
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed" });
    const third = world.given.get("T1")?.[2];
    if (third?.kind !== "implement") throw new Error("T1 is an implement task");
    expect(third.tree).toEqual([{ path: "t1/a.txt", encoding: "utf8", content: wordOf("R1") }]);
    expect(third.last_failure?.note).toContain("It broke test-R1.");
  });

  it("asks the Director once its failures are used up, and retry_task gives it three more", async () => {
    let good = false;
    world.play((context, claim) => {
      if (context.kind !== "implement") return oneTask(context, claim);
      const words = good ? [wordOf("R1"), wordOf("R2")] : ["nothing"];
      return submit(delta(context, { "t1/a.txt": words.join("\n") }));
    });
    const { run_id } = await createTestRun(db);
    await world.settle();
    expect(await taskOf(db, run_id, "T1")).toMatchObject({ status: "awaiting_director", failures: 3, attempt: 3 });
    expect(await runOf(db, run_id)).toMatchObject({ status: "awaiting_director", waiting_code: "failures_used_up" });
    good = true;
    await directorAction(db, "retry_task", await taskIdOf(db, run_id, "T1"));
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed", stop_reason: "verified" });
  });
});

describe("a specification product", () => {
  it("that the Auditor rejects comes back to its author with the findings and its last product", async () => {
    world.play(oneTask, (request) => {
      const finding = { code: "no_test", message: "R2 has no test", subject: "R2" };
      return request.kind === "acceptance_tests" && request.attempt === 1 ? reportOf("rejected", [finding]) : null;
    });
    const { run_id } = await createTestRun(db);
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed", waiting_detail: null });
    expect(world.given.get("SUITE")?.[1]).toMatchObject({
      last_failure: { findings: [{ code: "no_test", subject: "R2" }] },
      previous: { tests: [{ id: "test-R1" }, { id: "test-R2" }] },
    });
  });
});

describe("an assembly that fails", () => {
  const jointTest = { ...testFor("R1", "joint", "test-joint"), requirement_ids: ["R1", "R2"] };
  const withJoint: Script["play"] = (context) => {
    if (context.kind !== "acceptance_tests") return submit(productOf(context));
    const suite = suiteProduct(context.wanted_requirement_ids);
    return submit({ ...suite, tests: [...suite.tests, jointTest] });
  };

  it("is repaired inside the scope of the tasks that closed what failed", async () => {
    world.play((context, claim) => {
      if (context.kind !== "implement" || context.task_key !== "T1-R1") return withJoint(context, claim);
      return submit(delta(context, { "t1/joint.txt": "joint" }));
    });
    const { run_id } = await createTestRun(db);
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed", stop_reason: "verified" });
    expect(await taskStatuses(db, run_id)).toMatchObject({ "T1-R1": "verified", "T2-R1": "verified" });
    expect((await landedTasks(db, run_id)).sort()).toEqual(["T1", "T1-R1", "T2", "T2-R1"]);
    expect(world.given.get("T1-R1")?.[0]).toMatchObject({
      closes: ["R1"],
      file_scope: ["t1/**"],
      last_failure: { tests: [{ test_id: "test-joint", outcome: "fail" }] },
    });
  });

  it("asks the Director after two rounds of repair; what is set aside holds nothing up any more", async () => {
    world.play((context, claim) => {
      if (context.kind !== "implement" || !context.task_key.includes("-R")) return withJoint(context, claim);
      return submit(
        delta(context, { [`${context.task_key.slice(0, 2).toLowerCase()}/${context.task_key}.txt`]: "no" }),
      );
    });
    const { run_id } = await createTestRun(db);
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "awaiting_director", waiting_code: "requirement_failed" });
    expect(await taskStatuses(db, run_id)).toMatchObject({ "T1-R2": "verified", "T2-R2": "verified" });
    const { rows } = await db.pools.manager.query<{ id: string }>("select id from requirements where run_id = $1", [
      run_id,
    ]);
    for (const { id } of rows) await directorAction(db, "override_verdict", id, { verdict: "pass" });
    world.play(withJoint, (request) => (request.kind === "assembly" ? reportOf("accepted") : null));
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed", stop_reason: "verified" });
  });

  /** R2's tests pass, and do not count: that is what its author is asked to mend. */
  const uncounted: VerificationReport = {
    ...reportOf("rejected", [
      { code: "requirement_not_run", subject: "R2", message: "R2: no test ran; not counted: test-R2" },
      { code: "requirement_fail", subject: "R1", message: "R1: failed: test-R1" },
    ]),
    verdicts: [
      { requirement_id: "R1", verdict: "fail", tests_passed: 0, tests_total: 1, detail: "" },
      { requirement_id: "R2", verdict: "not_run", tests_passed: 0, tests_total: 0, detail: "no test ran" },
    ],
  };

  it("for want of a test that counts goes to a test author first, and no developer is charged", async () => {
    let counts = false;
    world.play(
      (context) => {
        if (context.kind !== "acceptance_tests" || !context.task_key.startsWith("TESTS-")) return null;
        counts = true;
        return submit({ ...suiteProduct([]), tests: [testFor("R2", wordOf("R2"), "test-R2-exact")] });
      },
      ({ kind }) => (kind === "assembly" && !counts ? uncounted : null),
    );
    const { run_id } = await createTestRun(db);
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed", stop_reason: "verified" });
    expect(await taskStatuses(db, run_id)).toMatchObject({ "TESTS-1": "verified" });
    expect([...world.given.keys()].filter((key) => /^T\d-R/.test(key))).toEqual([]);
    expect(world.given.get("TESTS-1")?.[0]).toMatchObject({
      wanted_requirement_ids: ["R2"],
      previous: { tests: [{ id: "test-R1" }, { id: "test-R2" }] },
      last_failure: {
        findings: [{ code: "requirement_not_run", subject: "R2" }],
        note: expect.stringContaining("No test of R2 counts."),
      },
    });
    expect((await suiteOf(db, run_id)).tests.map(({ id }) => id)).toEqual(["test-R1", "test-R2-exact"]);
  });

  it("is a person's matter after two authors whose tests do not count either", async () => {
    world.play(
      () => null,
      ({ kind }) => (kind === "assembly" ? uncounted : null),
    );
    const { run_id } = await createTestRun(db);
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({
      ...{ status: "awaiting_director", waiting_code: "requirement_failed" },
      waiting_detail: "R2: still no test that counts, though tests were asked for 2 times",
    });
  });
});
