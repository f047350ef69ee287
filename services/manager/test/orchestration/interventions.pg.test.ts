import type { RunStatus } from "@aura/shared/enums/run";
import type { TaskStatus } from "@aura/shared/enums/task";
import { agentId, createTestRun, createTestRuntime, directorAction } from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { buildDeliveryReport } from "../../src/orchestration/delivery-report.ts";
import { approveAll, landedTasks, pendingApprovals, runOf, taskIdOf, taskOf, taskStatuses } from "./run-facts.ts";
import { delta, plannedTask, planProduct, productOf, reportOf, ScriptedWorld, submit } from "./scripted-run.ts";

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

/** T2 never gets it right; T1 does. */
function spoilT2(): void {
  world.play((context) => (context.task_key === "T2" ? submit(delta(context, { "t2/words.txt": "nothing" })) : null));
}

describe("partial delivery", () => {
  it("hands over the best attempt where nothing has landed, judged as a whole", async () => {
    world.play((context, claim) => {
      if (context.kind === "plan") return submit(planProduct([plannedTask("T1", ["R1", "R2"])]));
      if (context.kind !== "implement") return null;
      return submit(delta(context, { "t1/a.txt": claim.attempt === 2 ? "nothing" : "word-of-R1" }));
    });
    const { run_id } = await createTestRun(db);
    await world.settle();
    await directorAction(db, "deliver_partial", run_id);
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed", stop_reason: "partial" });
    const report = await buildDeliveryReport(db.pools.manager, run_id);
    expect(report).toMatchObject({
      counts: { pass: 1, fail: 1 },
      verification: { kind: "assembly" },
      revision: { files: 1 },
    });
  });

  it("hands over the landed head with its failures named and ends what is open", async () => {
    spoilT2();
    const { run_id } = await createTestRun(db);
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "awaiting_director", waiting_code: "failures_used_up" });
    await directorAction(db, "deliver_partial", run_id);
    await world.settle();
    const run = await runOf(db, run_id);
    expect(run).toMatchObject({ status: "completed", stop_reason: "partial" });
    expect(run.delivered_revision_id).toBe(run.head_revision_id);
    expect(await landedTasks(db, run_id)).toEqual(["T1", "none"]);
    expect(await taskStatuses(db, run_id)).toMatchObject({ T1: "verified", T2: "failed", REVIEW: "cancelled" });
    const { rows } = await db.pools.manager.query(
      `select q.key, d.verdict from verdicts d join requirements q on q.id = d.requirement_id
         join verifications v on v.id = d.verification_id
         join verification_requests w on w.id = v.request_id
         join orchestra_runs r on r.delivered_revision_id = w.base_revision_id
        where v.run_id = $1 and v.task_id is null order by q.key`,
      [run_id],
    );
    expect(rows).toEqual([
      { key: "R1", verdict: "pass" },
      { key: "R2", verdict: "fail" },
    ]);
  });
});

describe("cancel", () => {
  it.each<RunStatus>(["planning", "awaiting_director", "executing"])(
    "ends a run that is %s with every open task",
    async (status) => {
      const oversight = status === "awaiting_director" ? "supervised" : "autonomous";
      const { run_id } = await createTestRun(db, { oversight });
      await world.settle(async () => (await runOf(db, run_id)).status === status);
      expect((await runOf(db, run_id)).status).toBe(status);
      await directorAction(db, "cancel", run_id);
      await world.settle();
      expect(await runOf(db, run_id)).toMatchObject({ status: "cancelled", stop_reason: "cancelled" });
      const open = Object.values(await taskStatuses(db, run_id)).filter(
        (task) => task !== "verified" && task !== "cancelled",
      );
      expect(open).toEqual([]);
      expect(await pendingApprovals(db, run_id)).toEqual([]);
    },
  );

  it("of one task leaves what depends on it to the Director, never silently still", async () => {
    spoilT2();
    const { run_id } = await createTestRun(db);
    await world.settle();
    await directorAction(db, "cancel_task", await taskIdOf(db, run_id, "T2"));
    await world.settle();
    expect(await taskOf(db, run_id, "REVIEW")).toMatchObject({ status: "awaiting_director", waiting_code: "stuck" });
    await directorAction(db, "cancel_task", await taskIdOf(db, run_id, "REVIEW"));
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "awaiting_director", waiting_code: "requirement_failed" });
    const { rows } = await db.pools.manager.query<{ id: string }>(
      "select id from requirements where run_id = $1 and key = 'R2'",
      [run_id],
    );
    await directorAction(db, "set_aside", String(rows[0]?.id));
    world.play(
      () => null,
      (request) => (request.kind === "assembly" && request.retry > 0 ? ACCEPTED : null),
    );
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed", stop_reason: "verified" });
  });
});

const ACCEPTED = {
  outcome: "accepted" as const,
  findings: [],
  verdicts: [{ requirement_id: "R1", verdict: "pass" as const, tests_passed: 1, tests_total: 1, detail: "" }],
  tests: [],
  guards: [],
  evidence: [],
  environment: null,
};

describe("pause", () => {
  it("assigns nothing and withdraws what nobody took; resume goes on", async () => {
    const { run_id } = await createTestRun(db);
    await world.tick();
    expect(await taskOf(db, run_id, "REQ")).toMatchObject({ status: "assigned" satisfies TaskStatus });
    await directorAction(db, "pause", run_id);
    await world.settle();
    expect(await taskOf(db, run_id, "REQ")).toMatchObject({ status: "ready", assigned_agent: null });
    await directorAction(db, "resume", run_id);
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed" });
  });

  it("lets running work finish: its verdict is acted on", async () => {
    const { run_id } = await createTestRun(db);
    await world.tick();
    await world.work();
    await directorAction(db, "pause", run_id);
    await world.settle();
    expect(await taskStatuses(db, run_id)).toEqual({ REQ: "verified", PLAN: "ready" });
    await directorAction(db, "resume", run_id);
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed" });
  });
});

describe("suspension", () => {
  it("takes running work back, uncharged, and another agent does it", async () => {
    let silent = true;
    world.play((context) => (context.task_key === "T1" && silent ? { kind: "silent" } : null));
    const { run_id } = await createTestRun(db);
    await world.settle();
    const holder = String((await taskOf(db, run_id, "T1")).assigned_agent);
    await directorAction(db, "suspend_agent", holder);
    silent = false;
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed" });
    expect(await taskOf(db, run_id, "T1")).toMatchObject({ failures: 0, deaths: 0, attempt: 2 });
    expect((await taskOf(db, run_id, "T1")).assigned_agent).not.toBe(holder);
    await directorAction(db, "reinstate_agent", holder);
  });
});

describe("changes that the Director asks for", () => {
  it("make a new revision of the plan with its own gate", async () => {
    const { run_id } = await createTestRun(db, { oversight: "supervised" });
    await world.settle();
    const [gate] = await pendingApprovals(db, run_id);
    await directorAction(db, "request_changes", String(gate?.id), { digest: gate?.digest });
    world.play((context) =>
      context.task_key === "PLAN-2" ? submit(planProduct([plannedTask("T1", ["R1", "R2"])])) : null,
    );
    await world.settle();
    expect(world.given.get("PLAN-2")?.[0]).toMatchObject({
      previous: { tasks: [{ key: "T1" }, { key: "T2" }] },
      last_failure: { note: "The Director asks for changes: because the test says so" },
    });
    expect(await approveAll(db, run_id)).toEqual(["plan"]);
    await world.settle();
    await approveAll(db, run_id);
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed", stop_reason: "verified" });
    expect(Object.keys(await taskStatuses(db, run_id)).sort()).toEqual([
      "PLAN",
      "PLAN-2",
      "REQ",
      "REVIEW",
      "SUITE",
      "T1",
    ]);
  });

  it("at the delivery keep verified tasks whose plan is unchanged and do the others anew", async () => {
    const { run_id } = await createTestRun(db, { oversight: "supervised" });
    await world.settle();
    await approveAll(db, run_id);
    await world.settle();
    const [gate] = await pendingApprovals(db, run_id);
    expect(gate?.kind).toBe("delivery");
    await directorAction(db, "request_changes", String(gate?.id), { digest: gate?.digest });
    const changed = { ...plannedTask("T2", ["R2"]), description: "Do it another way." };
    world.play((context) => {
      if (context.task_key === "PLAN-2") return submit(planProduct([plannedTask("T1", ["R1"]), changed]));
      return context.kind === "implement"
        ? submit(delta(context, { "t2/more.txt": "more" }))
        : submit(productOf(context));
    });
    await world.settle();
    expect(await approveAll(db, run_id)).toEqual(["plan"]);
    await world.settle();
    expect(await approveAll(db, run_id)).toEqual(["delivery"]);
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed", stop_reason: "verified" });
    expect((await landedTasks(db, run_id)).at(-1)).toBe("T2-P2");
    expect(Object.keys(await taskStatuses(db, run_id))).not.toContain("T1-P2");
  });

  it("at a landing send the change back uncharged with the reason", async () => {
    const { run_id } = await createTestRun(db, { oversight: "locked" });
    await world.settle();
    await approveAll(db, run_id);
    await world.settle();
    const gates = await pendingApprovals(db, run_id);
    for (const gate of gates) await directorAction(db, "request_changes", gate.id, { digest: gate.digest });
    await world.settle();
    expect(await taskOf(db, run_id, "T1")).toMatchObject({ attempt: 2, failures: 0 });
    expect(world.given.get("T1")?.[1]).toMatchObject({
      last_failure: { note: "The Director asks for changes: because the test says so" },
    });
    await directorAction(db, "cancel", run_id);
  });
});

describe("an override", () => {
  it("of a developer's task lands its last judged change", async () => {
    spoilT2();
    const { run_id } = await createTestRun(db);
    await world.settle();
    await directorAction(db, "override_verdict", await taskIdOf(db, run_id, "T2"), { verdict: "pass" });
    await world.settle();
    expect((await landedTasks(db, run_id)).slice(0, 2)).toEqual(["T1", "T2"]);
    await directorAction(db, "cancel", run_id);
  });
});

describe("an override of a specification", () => {
  it.each(["REQ", "PLAN", "SUITE"])("of %s takes in its last judged product, and the run goes on", async (key) => {
    world.play(
      () => null,
      (request) => (request.key === key ? reportOf("rejected") : null),
    );
    const { run_id } = await createTestRun(db);
    await world.settle();
    expect(await taskOf(db, run_id, key)).toMatchObject({ status: "awaiting_director", failures: 3 });
    await directorAction(db, "override_verdict", await taskIdOf(db, run_id, key), { verdict: "pass" });
    await world.settle();
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed", stop_reason: "verified" });
    expect(await taskOf(db, run_id, key)).toMatchObject({ status: "verified", overridden: true });
  });
});

describe("reassignment", () => {
  it("gives the task to the agent that the Director wants", async () => {
    spoilT2();
    const { run_id } = await createTestRun(db);
    await world.settle();
    const slugs: string[] = [];
    world.play((_, claim) => {
      slugs.push(claim.agent_slug);
      return null;
    });
    await directorAction(db, "reassign_task", await taskIdOf(db, run_id, "T2"), {
      agent_id: await agentId(db, "developer-2"),
    });
    await world.settle();
    expect(slugs[0]).toBe("developer-2");
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed" });
  });
});

describe("an approval that nothing used in time", () => {
  it("is asked for again under the same digest, and the old one opens nothing", async () => {
    const { run_id } = await createTestRun(db, { oversight: "supervised" });
    await world.settle();
    const [gate] = await pendingApprovals(db, run_id);
    await approveAll(db, run_id);
    await db.pools.admin.query("update approvals set expires_at = now() - interval '1 second' where run_id = $1", [
      run_id,
    ]);
    await world.settle();
    const [again] = await pendingApprovals(db, run_id);
    expect(again).toMatchObject({ kind: "plan", digest: gate?.digest });
    expect(await runOf(db, run_id)).toMatchObject({ status: "awaiting_director", waiting_code: "plan_approval" });
    await approveAll(db, run_id);
    await world.settle();
    expect(await taskOf(db, run_id, "T1")).toMatchObject({ status: "verified" });
  });
});
