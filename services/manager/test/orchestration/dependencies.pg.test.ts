import type { TaskContextOf } from "@aura/shared/schemas/task-context";
import type { VerificationReport } from "@aura/shared/schemas/verification-report";
import { createTestRun, createTestRuntime } from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { buildDeliveryReport } from "../../src/orchestration/delivery-report.ts";
import { renderReportMarkdown } from "../../src/orchestration/report-markdown.ts";
import { runOf, taskOf } from "./run-facts.ts";
import { plannedTask, planProduct, reportOf, ScriptedWorld, submit } from "./scripted-run.ts";

let db: TestDatabase;
let world: ScriptedWorld;

beforeAll(async () => {
  db = await testDatabase();
  world = new ScriptedWorld(db, await createTestRuntime(db));
});
beforeEach(() => world.given.clear());
afterAll(() => db.close());

const PLANNED = { name: "Markdown.It", version: ">=14", reason: "parses Markdown" };
const PLAN = { ...planProduct([plannedTask("T1", ["R1", "R2"])]), dependencies: [PLANNED] };
const RESOLUTION = {
  ecosystem: "pypi" as const,
  registry: "https://pypi.example/simple/",
  layer_sha256: "ab".repeat(32),
  files: 3,
  bytes: 900,
  packages: [
    { name: "markdown-it", version: "14.1.0", licence: "MIT", integrity: "sha256:00", direct: true },
    { name: "mdurl", version: "2.0.0", licence: "MIT", integrity: "sha256:01", direct: false },
  ],
};
const MESSAGE = "Markdown.It does not exist in https://pypi.example/simple/.";

/** Every plan needs the package; the Auditor answers with `verdict`. */
function planWith(verdict: Partial<VerificationReport>): void {
  world.play(
    (context) => (context.kind === "plan" ? submit(PLAN) : null),
    (request) => (request.kind === "plan" ? { ...reportOf("accepted"), ...verdict } : null),
  );
}

describe("a plan that needs a package", () => {
  it("goes back once with the reason, then the Director is asked, and nobody has written a test or code", async () => {
    const findings = [{ code: "dependency_unavailable", message: MESSAGE, subject: PLANNED.name }];
    planWith({ outcome: "rejected", findings });
    const { run_id } = await createTestRun(db);
    await world.settle();
    const task = await taskOf(db, run_id, "PLAN");
    expect(task).toMatchObject({ status: "awaiting_director", waiting_code: "dependency_unavailable", failures: 2 });
    expect(task).toMatchObject({ waiting_detail: MESSAGE });
    expect(await runOf(db, run_id)).toMatchObject({
      status: "awaiting_director",
      waiting_code: "dependency_unavailable",
    });
    const given = world.given.get("PLAN") as TaskContextOf<"plan">[];
    expect(given.map((context) => context.last_failure?.findings[0]?.message)).toEqual([undefined, MESSAGE]);
    const { rows } = await db.pools.manager.query("select distinct kind from task_queue where run_id = $1", [run_id]);
    expect(rows.map(({ kind }) => kind).sort()).toEqual(["plan", "requirements"]);
  });

  it("waits for the Director and is charged to nobody where the registry does not answer", async () => {
    await db.pools.admin.query("insert into policies values ('verification.retries_max', 2, '0', 'at once')");
    const findings = [{ code: "dependency_unavailable", message: "the registry is away", subject: null }];
    planWith({ outcome: "environment", findings });
    const { run_id } = await createTestRun(db);
    await world.settle();
    const waiting = { status: "awaiting_director", waiting_code: "dependency_unavailable", failures: 0 };
    expect(await taskOf(db, run_id, "PLAN")).toMatchObject(waiting);
  });

  it("tells developers and test authors the versions that were fetched, and the report names them all", async () => {
    planWith({ dependencies: RESOLUTION });
    const { run_id } = await createTestRun(db);
    await world.settle();
    const installed = [{ ...PLANNED, version: "14.1.0" }];
    expect(world.given.get("T1")?.[0]).toMatchObject({ dependencies: installed });
    expect(world.given.get("SUITE")?.[0]).toMatchObject({ dependencies: installed });
    expect(world.given.get("PLAN")?.[0]).not.toHaveProperty("dependencies");
    const report = await buildDeliveryReport(db.pools.manager, run_id);
    expect(report).toMatchObject({ status: "completed", dependencies: RESOLUTION });
    const text = report === null ? "" : renderReportMarkdown(report);
    expect(text).toContain("mdurl 2.0.0, MIT, sha256:01 (needed by another)");
    const { rows } = await db.pools.manager.query<{ body: string }>(
      "select convert_from(b.body, 'UTF8') as body from approvals a join blobs b on b.sha256 = a.content_sha256 where a.run_id = $1 and a.kind = 'plan'",
      [run_id],
    );
    expect(rows[0]?.body).toContain('"integrity":"sha256:00"');
  });
});
