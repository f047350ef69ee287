import { callVerb } from "@aura/shared/postgres/verbs";
import { createTestRun, createTestRuntime, directorAction, MANAGER } from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { buildDeliveryReport } from "../../src/orchestration/delivery-report.ts";
import { approveAll, runOf, taskIdOf, taskStatuses } from "./run-facts.ts";
import { plannedTask, planProduct, requirementsProduct, ScriptedWorld, submit } from "./scripted-run.ts";

let db: TestDatabase;
let world: ScriptedWorld;

beforeAll(async () => {
  db = await testDatabase();
  world = new ScriptedWorld(db, await createTestRuntime(db));
});
beforeEach(() => inspect(["R1", "R2"]));
afterAll(() => db.close());

const PLAN = planProduct([{ ...plannedTask("T1", []), requirement_ids: ["R1", "R2"] }]);

/** The analyst says of these requirements that a person inspects them, of the others of R1 and R2 that tests judge them. */
function inspect(keys: readonly string[]): void {
  const changes = Object.fromEntries(keys.map((key) => [key, { verification_method: "inspection" as const }]));
  world.play((context) => {
    if (context.kind === "requirements") return submit(requirementsProduct(["R1", "R2"], changes));
    return context.kind === "plan" ? submit(PLAN) : null;
  });
}

async function requirementId(runId: string, key: string): Promise<string> {
  const { rows } = await db.pools.manager.query<{ id: string }>(
    "select id from requirements where run_id = $1 and key = $2",
    [runId, key],
  );
  return String(rows[0]?.id);
}

async function confirm(runId: string, key: string, verdict: "pass" | "fail"): Promise<void> {
  await directorAction(db, "confirm_inspection", await requirementId(runId, key), { verdict });
  await world.settle();
}

/** Tries to end a run as verified, whatever its steps think of it. */
async function finish(runId: string): Promise<string | null | undefined> {
  const { head_revision_id } = await runOf(db, runId);
  const end = [[runId], ["completed"], ["verified"], [head_revision_id]];
  return (await callVerb(db.pools.manager, "finish_runs", MANAGER, ...end))[0]?.code;
}

describe("a run that tests judge nothing in", () => {
  it("is planned without a suite, judged as a whole, and completed once every inspection is confirmed", async () => {
    const { run_id } = await createTestRun(db, { oversight: "supervised" });
    await world.settle();
    expect(await approveAll(db, run_id)).toEqual(["plan"]);
    await world.settle();
    expect(await taskStatuses(db, run_id)).toEqual({
      REQ: "verified",
      PLAN: "verified",
      T1: "verified",
      REVIEW: "verified",
    });
    expect(await approveAll(db, run_id)).toEqual(["delivery"]);
    await world.settle();
    const waiting = { status: "awaiting_director", waiting_code: "inspection_open", suite_id: null };
    expect(await runOf(db, run_id)).toMatchObject({ ...waiting, waiting_detail: "to be confirmed: R1, R2" });
    await confirm(run_id, "R1", "pass");
    expect(await runOf(db, run_id)).toMatchObject({ ...waiting, waiting_detail: "to be confirmed: R2" });
    await confirm(run_id, "R2", "pass");
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed", stop_reason: "verified" });
    expect(await buildDeliveryReport(db.pools.manager, run_id)).toMatchObject({
      suite: null,
      verification: { kind: "assembly", outcome: "accepted" },
      requirements: [{ state: "inspection" }, { state: "inspection" }],
    });
  });

  it("waits for the Director where an inspection failed, in an autonomous run, too", async () => {
    const { run_id } = await createTestRun(db);
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ waiting_code: "inspection_open" });
    await confirm(run_id, "R1", "pass");
    await confirm(run_id, "R2", "fail");
    expect(await runOf(db, run_id)).toMatchObject({
      status: "awaiting_director",
      waiting_code: "requirement_failed",
      waiting_detail: "inspection failed: R2",
    });
    expect(await finish(run_id)).toBe("illegal_transition");
    await confirm(run_id, "R2", "pass");
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed", stop_reason: "verified" });
  });

  it("is one whose other requirements the Director set aside before the plan", async () => {
    inspect(["R2"]);
    const { run_id } = await createTestRun(db, { oversight: "supervised" });
    await world.settle();
    await directorAction(db, "set_aside", await requirementId(run_id, "R1"));
    await approveAll(db, run_id);
    await world.settle();
    await approveAll(db, run_id);
    await confirm(run_id, "R2", "pass");
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed", suite_id: null });
  });
});

describe("a run with something to test", () => {
  it("never ends without a suite, though its suite's task was declared verified without one", async () => {
    world.play((context) => {
      if (context.kind === "requirements")
        return submit(requirementsProduct(["R1", "R2"], { R1: { verification_method: "inspection" } }));
      if (context.kind === "plan") return submit(planProduct([plannedTask("T1", ["R2"])]));
      return context.kind === "acceptance_tests" ? { kind: "held_up", code: "stuck", detail: "no idea" } : null;
    });
    const { run_id } = await createTestRun(db);
    await world.settle();
    await directorAction(db, "override_verdict", await taskIdOf(db, run_id, "SUITE"), { verdict: "pass" });
    await world.settle();
    await confirm(run_id, "R1", "pass");
    expect(await runOf(db, run_id)).toMatchObject({
      status: "awaiting_director",
      waiting_code: "stuck",
      waiting_detail: "there is no acceptance suite and no open task: retry a task, or cancel the run",
    });
  });
});
