import { createTestRun, createTestRuntime, directorAction } from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { buildDeliveryReport, renderReportMarkdown } from "../../src/orchestration/delivery-report.ts";
import { approveAll, pendingApprovals, runOf, taskOf, taskStatuses } from "./run-facts.ts";
import { delta, type Ending, ScriptedWorld, submit, testFor, wordOf } from "./scripted-run.ts";

let db: TestDatabase;
let world: ScriptedWorld;

beforeAll(async () => {
  db = await testDatabase();
  world = new ScriptedWorld(db, await createTestRuntime(db));
  expect(await setPolicy("return_once")).toMatchObject({ outcome: "done" });
});
beforeEach(() => {
  world.play(() => null);
  world.given.clear();
});
afterAll(() => db.close());

/** The assembly of the scripted world always has this survivor. */
const SURVIVOR = { function: "count", behaviour: "equal values count on the other side", requirement_ids: ["R1"] };

/** Runs of the scripted world are replayed, for which the policy is `report` until it is changed. */
const setPolicy = (value: string) =>
  directorAction(db, "set_policy", null, { key: "verification.survivors.replay", value });

/** The author who is asked about survivors does what is given; everybody else succeeds. */
function whenAsked(ending: () => Ending): void {
  world.play((context) => (context.kind === "acceptance_tests" && context.survivors !== undefined ? ending() : null));
}

const answered = (answer: string, tests = [testFor("R1")]) =>
  submit({ prelude: "", tests, rulings: [], survivor_answers: [{ number: 1, answer, basis: "B2 says so" }] });

async function versionsOf(runId: string) {
  const { rows } = await db.pools.manager.query("select version from suites where run_id = $1", [runId]);
  return rows.length;
}

async function assembliesOf(runId: string) {
  const { rows } = await db.pools.manager.query(
    "select from verification_requests where run_id = $1 and kind = 'assembly'",
    [runId],
  );
  return rows.length;
}

const reportOn = (runId: string) => buildDeliveryReport(db.pools.manager, runId);

describe("what no test noticed in an accepted product", () => {
  it("goes back once: tests are added, none is changed, and the whole is judged by the new suite", async () => {
    const further = testFor("R1", wordOf("R2"), "R1-equal");
    whenAsked(() => answered("tested", [further, testFor("R2", "another-word")]));
    const { run_id } = await createTestRun(db);
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed", stop_reason: "verified" });
    const [given] = world.given.get("SURVIVORS") ?? [];
    expect(given).toMatchObject({ kind: "acceptance_tests", survivors: [SURVIVOR], wanted_requirement_ids: ["R1"] });
    expect(JSON.stringify(given)).not.toMatch(/words\.py|"line":5|boundary/);
    expect([await versionsOf(run_id), await assembliesOf(run_id)]).toEqual([2, 2]);
    expect(world.given.get("SURVIVORS")).toHaveLength(1);
    const report = await reportOn(run_id);
    expect(report?.suite).toMatchObject({ version: 2, tests: 3 });
    expect(report?.survivors_returned).toEqual({
      task_status: "verified",
      tests_added: ["R1-equal"],
      survivors: [{ ...SURVIVOR, answer: "tested", basis: "B2 says so" }],
    });
    expect(report?.verification?.mutation?.survived).toHaveLength(1);
    const decisions = await db.pools.manager.query(
      "select policy_key, decision, reason from policy_decisions where run_id = $1 and policy_key like 'verification.%'",
      [run_id],
    );
    expect(decisions.rows).toEqual([
      {
        policy_key: "verification.survivors.replay",
        decision: "allow",
        reason: "no test noticed 1 changes of the accepted product",
      },
    ]);
  });

  it("is accepted where its author has nothing to add: the suite stays, and nothing is judged again", async () => {
    whenAsked(() => answered("equivalent"));
    const { run_id } = await createTestRun(db);
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed", stop_reason: "verified" });
    expect([await versionsOf(run_id), await assembliesOf(run_id)]).toEqual([1, 1]);
    const report = await reportOn(run_id);
    expect(report?.survivors_returned).toMatchObject({ tests_added: [], survivors: [{ answer: "equivalent" }] });
    const text = report === null ? "" : renderReportMarkdown(report);
    expect(text).toContain("- The task is verified; no test was added");
    expect(text).toContain("equal values count on the other side. equivalent: B2 says so");
    expect(text).toContain("- survivor_accepted: count");
  });

  it("holds nothing up: where its author gives up, asks or has no budget, the product is delivered with it", async () => {
    for (const code of ["gave_up", "question", "budget_exhausted"]) {
      whenAsked(() => ({ kind: code === "gave_up" ? "gave_up" : "held_up", code, detail: "no idea" }));
      const { run_id } = await createTestRun(db);
      await world.settle();
      expect(await runOf(db, run_id)).toMatchObject({ status: "completed", stop_reason: "verified" });
      expect(await taskOf(db, run_id, "SURVIVORS")).toMatchObject({ status: "cancelled" });
      expect(await pendingApprovals(db, run_id)).toEqual([]);
      expect((await reportOn(run_id))?.survivors_returned).toMatchObject({
        task_status: "cancelled",
        survivors: [{ answer: null }],
      });
    }
  });

  it("leads to a repair where a test that was added fails on the product", async () => {
    world.play((context) => {
      if (context.kind === "acceptance_tests" && context.survivors !== undefined)
        return answered("tested", [testFor("R1", "an-edge", "R1-edge")]);
      if (context.task_key !== "T1-R1") return null;
      return submit(delta(context, { "t1/words.txt": `${wordOf("R1")}\nan-edge` }));
    });
    const { run_id } = await createTestRun(db);
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed", stop_reason: "verified" });
    expect(await taskStatuses(db, run_id)).toMatchObject({ SURVIVORS: "verified", "T1-R1": "verified" });
    expect(world.given.get("SURVIVORS")).toHaveLength(1);
  });

  it("goes back before the Director is asked for the delivery, and never after", async () => {
    whenAsked(() => answered("not_required"));
    const { run_id } = await createTestRun(db, { oversight: "supervised" });
    await world.settle();
    expect(await approveAll(db, run_id)).toEqual(["plan"]);
    await world.settle();
    expect(await taskOf(db, run_id, "SURVIVORS")).toMatchObject({ status: "verified" });
    expect(await approveAll(db, run_id)).toEqual(["delivery"]);
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed" });
  });

  it("only stands in the report while policy says so", async () => {
    expect(await setPolicy("sometimes")).toMatchObject({ outcome: "refused", code: "validation_failed" });
    expect(await setPolicy("report")).toMatchObject({ outcome: "done" });
    const { run_id } = await createTestRun(db);
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed", stop_reason: "verified" });
    expect(await taskStatuses(db, run_id)).not.toHaveProperty("SURVIVORS");
    expect(await reportOn(run_id)).toMatchObject({
      survivors_returned: null,
      verification: { mutation: { survived: [{ behaviour: SURVIVOR.behaviour }] } },
    });
  });
});
