import { callVerb } from "@aura/shared/postgres/verbs";
import { AUDITOR, allDone, createTestRun, createTestRuntime, directorAction } from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { sealEndedRuns, sealLog } from "@aura/shared/testing/sealing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildDeliveryReport, renderReportMarkdown } from "../../src/orchestration/delivery-report.ts";
import { approveAll, runOf } from "./run-facts.ts";
import { delta, reportOf, requirementsProduct, ScriptedWorld, submit } from "./scripted-run.ts";

let db: TestDatabase;
let world: ScriptedWorld;

beforeAll(async () => {
  db = await testDatabase();
  world = new ScriptedWorld(db, await createTestRuntime(db));
});
afterAll(() => db.close());

async function reportOn(runId: string) {
  const report = await buildDeliveryReport(db.pools.manager, runId);
  if (report === null) throw new Error("there is a report for every run");
  return report;
}

describe("the delivery report", () => {
  it("is null for a run that does not exist", async () => {
    expect(await buildDeliveryReport(db.pools.manager, "00000000-0000-7000-8000-000000000000")).toBeNull();
  });

  it("can be made while nothing is known yet, and says so", async () => {
    const { run_id } = await createTestRun(db);
    const report = await reportOn(run_id);
    expect(report).toMatchObject({ status: "planning", revision: null, requirements: [], verification: null });
    expect(report.not_checked).toContain("There is no software: nothing has landed.");
    await directorAction(db, "cancel", run_id);
  });

  it("tells of a verified delivery with tests, tasks, evidence and doubts, marked REPLAY", async () => {
    const doubt = { path: "t1/words.txt", line: 1, requirement_id: "R1", severity: "low", text: "hard to read" };
    world.play((context) => (context.kind === "review" ? submit({ summary: "ok", doubts: [doubt] }) : null));
    const { run_id } = await createTestRun(db);
    await world.settle();
    const report = await reportOn(run_id);
    expect(report).toMatchObject({
      status: "completed",
      stop_reason: "verified",
      replay: true,
      counts: { total: 2, pass: 2 },
      verification: {
        kind: "assembly",
        outcome: "accepted",
        sandbox_level: "bubblewrap",
        environment_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        second_run: { tests: 2, disagreed: [{ test_id: "test-R2", requirement_ids: ["R2"] }] },
        environment: { sandbox_level: "bubblewrap", canaries: { tcp: "contained", fork_300: "contained" } },
      },
      revision: { number: 2, files: 2 },
      doubts: [doubt],
    });
    expect(report.requirements[0]).toMatchObject({
      key: "R1",
      state: "pass",
      tasks: ["SUITE", "T1"],
      tests: [{ test_id: "test-R1", outcome: "pass" }],
    });
    expect(report.not_checked.some((line) => line.startsWith("REPLAY"))).toBe(true);
    expect(report.not_checked).toContain("No test reached Words.__len__, main in t1/words.py.");
    const text = renderReportMarkdown(report);
    expect(text).toContain(
      "1 of 2 tests that passed did so again (other seed, order and surroundings, clock 40 days ahead); disagreed: test-R2: failed once",
    );
    expect(text).toContain("| Reached by the tests | 1 of 3 functions, as the product's processes say |");
    expect(text).toContain("| Changes that the tests noticed | 1 of 2 |");
    expect(text).toContain("- survivor_accepted: count (t1/words.py:5; R1): equal values count on the other side");
    expect(report.confidence).toMatchObject({
      assembled: true,
      mutants: 2,
      mutants_killed: 1,
      functions: 3,
      reviews: 1,
    });
    const { rows } = await db.pools.manager.query("select confidence_score from orchestra_runs where id = $1", [
      run_id,
    ]);
    expect(Number(rows[0].confidence_score)).toBe(report.confidence?.score);
    expect(text).toContain("- No test reached Words.\\_\\_len\\_\\_, main in t1/words.py.");
    expect(text).toContain("| R1 | Requirement R1 | must | pass | 1/1 |");
    expect(text).toContain(
      "| Isolation | bubblewrap (bubblewrap 0.8.0, kernel linux 6.1); canaries: fork_300 contained, tcp contained |",
    );
  });

  it("shows the newest checkpoint that covers the run, rather one that a witness cosigned", async () => {
    const { run_id } = await createTestRun(db);
    await world.settle();
    await sealEndedRuns(db);
    const alone = (await reportOn(run_id)).checkpoint;
    expect(alone).toMatch(/^aura_orchestra\/\S+\n\d+\n/);
    const size = Number(alone?.split("\n")[1]);
    const line = "— aura_orchestra/witness AAAAAAAA";
    const record = (at: number) =>
      allDone(callVerb(db.pools.auditor, "record_cosignatures", AUDITOR, [at], ["aura_orchestra/witness"], [line]));
    await record(size);
    await createTestRun(db);
    await sealLog(db);
    expect((await reportOn(run_id)).checkpoint).toBe(`${alone}${line}\n`);

    const { run_id: later } = await createTestRun(db);
    expect((await reportOn(later)).checkpoint).toBeNull();
    await sealLog(db);
    const newest = (await reportOn(later)).checkpoint; // what was cosigned does not cover it
    expect(newest).not.toContain(line);
    await record(Number(newest?.split("\n")[1]));
    expect((await reportOn(run_id)).checkpoint).toBe(`${newest}${line}\n`);
  });

  it("tells of a delivery in which a `should` failed, which held nothing up", async () => {
    world.play(
      (context) => {
        const product = requirementsProduct(["R1", "R2"], { R2: { priority: "should" } });
        return context.kind === "requirements" ? submit(product) : null;
      },
      ({ kind }) => {
        const counts = { tests_passed: 0, tests_total: 1, detail: "failed: test-R2" };
        const passed = { requirement_id: "R1", verdict: "pass" as const, tests_passed: 1, tests_total: 1, detail: "" };
        const failed = { requirement_id: "R2", verdict: "fail" as const, ...counts };
        return kind === "assembly" ? { ...reportOf("accepted"), verdicts: [passed, failed] } : null;
      },
    );
    const { run_id } = await createTestRun(db);
    await world.settle();
    const report = await reportOn(run_id);
    expect(report).toMatchObject({ status: "completed", stop_reason: "verified", counts: { pass: 1, fail: 1 } });
    expect(renderReportMarkdown(report)).toContain("- R2 Requirement R2: fail. failed: test-R2");
    expect(report.attempts.map(({ task_key }) => task_key)).not.toContain("T2-R1");
  });

  it("names failures, a person's words and assumptions, and never calls them verified", async () => {
    const question = { id: "Q1", block_ids: ["B2"], question: "Which?", assumption: "All." };
    const product = requirementsProduct(["R1", "R2", "R3"], { R3: { verification_method: "inspection" } });
    world.play((context) => {
      if (context.kind === "requirements") return submit({ ...product, questions: [question] });
      return context.task_key === "T2" ? submit(delta(context, { "t2/words.txt": "no" })) : null;
    });
    const { run_id } = await createTestRun(db);
    await world.settle();
    await directorAction(db, "deliver_partial", run_id);
    await world.settle();
    const report = await reportOn(run_id);
    expect(report).toMatchObject({ stop_reason: "partial", counts: { pass: 1, fail: 1, inspection: 1 } });
    expect(report.assumptions).toEqual([{ question: "Which?", assumption: "All." }]);
    const text = renderReportMarkdown(report);
    expect(text).toContain("**completed (partial)**: 1 of 3 requirements pass, 1 fail");
    expect(text).toContain("R2 Requirement R2: fail.");
    expect(text).toContain("R3 (Requirement R3): judged by inspection only.");
  });
});

describe("an inspection", () => {
  const withInspection = requirementsProduct(["R1", "R2", "R3"], { R3: { verification_method: "inspection" } });

  it("of a must requirement holds the delivery up until the Director confirms it", async () => {
    world.play((context) => (context.kind === "requirements" ? submit(withInspection) : null));
    const { run_id } = await createTestRun(db, { oversight: "supervised" });
    await world.settle();
    await approveAll(db, run_id);
    await world.settle();
    expect(await approveAll(db, run_id)).toEqual(["delivery"]);
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "awaiting_director", waiting_code: "inspection_open" });
    const { rows } = await db.pools.manager.query<{ id: string }>(
      "select id from requirements where run_id = $1 and key = 'R3'",
      [run_id],
    );
    await directorAction(db, "confirm_inspection", String(rows[0]?.id), { verdict: "pass" });
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed", stop_reason: "verified" });
    expect((await reportOn(run_id)).inspections).toMatchObject([{ subject: "R3", verdict: "pass" }]);
  });
});

describe("a review that the Auditor finds malformed", () => {
  it("goes back to its author and ends up with the Director, never in silence", async () => {
    world.play(
      () => null,
      (request) => (request.kind === "review" ? reportOf("rejected") : null),
    );
    const { run_id } = await createTestRun(db);
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "awaiting_director", waiting_code: "failures_used_up" });
  });
});
