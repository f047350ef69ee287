import { TASK_STATUSES, WAITING_CODES } from "@aura/shared/enums/task";
import { WaitingFor } from "@aura/shared/schemas/api/conventions";
import { RunWaitingFor } from "@aura/shared/schemas/api/run";
import { describe, expect, test } from "vitest";
import type { RunRow } from "../../src/db/read-run-statements.ts";
import type { TaskRow } from "../../src/db/read-task-statements.ts";
import { runWaitsFor, taskWaitsFor } from "../../src/http/waiting-for.ts";

const AT = "2026-01-02T03:04:05.000006Z";
const LATER = "2026-01-03T03:04:05.000006Z";

const run = (facts: Partial<RunRow>) =>
  ({
    status: "executing",
    stop_reason: null,
    paused_at: null,
    stopped_at: null,
    leaderless_since: null,
    waiting_code: null,
    waiting_detail: null,
    waiting_since: null,
    status_changed_at: AT,
    pending_approvals: [],
    ...facts,
  }) as unknown as RunRow;

const task = (facts: Partial<TaskRow>) =>
  ({
    status: "ready",
    run_final: false,
    paused_at: null,
    stopped_at: null,
    waiting_code: null,
    waiting_detail: null,
    status_changed_at: AT,
    depends_on: [],
    ...facts,
  }) as unknown as TaskRow;

describe("a run", () => {
  test("that nobody leads waits for a Manager, unless it is a person's turn", () => {
    expect(runWaitsFor(run({ leaderless_since: LATER }))).toMatchObject({ reason: "no_leader", since: LATER });
    expect(runWaitsFor(run({ leaderless_since: LATER, waiting_code: "stuck" }))?.reason).toBe("stuck");
  });

  test("that is over waits for nothing", () => {
    expect(runWaitsFor(run({ status: "completed", stop_reason: "verified", waiting_code: "stuck" }))).toBeNull();
  });

  test("names owner and next step for every waiting code", () => {
    for (const waiting_code of WAITING_CODES) {
      const wait = RunWaitingFor.parse(
        runWaitsFor(run({ status: "awaiting_director", waiting_code, waiting_since: LATER })),
      );
      const owner = waiting_code === "log_unsealed" ? "auditor" : "director";
      expect([wait.reason, wait.since, wait.owner]).toEqual([waiting_code, LATER, owner]);
      expect(wait.next_step.length).toBeGreaterThan(10);
    }
  });

  test("whose provider is still asked again by itself leaves the Director alone", () => {
    const facts = { waiting_code: "provider_failed", waiting_since: LATER };
    expect(runWaitsFor(run(facts))).toMatchObject({ reason: "provider_failed", since: LATER, owner: "agent" });
    expect(runWaitsFor(run({ ...facts, status: "awaiting_director" }))?.owner).toBe("director");
  });

  test("shows a code that nobody knows as it is", () => {
    expect(runWaitsFor(run({ waiting_code: "new_code" }))).toMatchObject({ reason: "new_code", owner: "director" });
  });

  test("is stopped before it is paused, and paused before it waits for anything else", () => {
    const facts = { paused_at: AT, waiting_code: "question" };
    expect(runWaitsFor(run({ ...facts, stopped_at: LATER }))?.reason).toBe("stopped");
    expect(runWaitsFor(run(facts))?.reason).toBe("paused");
  });

  test("waits for a pending approval even when no code says so", () => {
    const pending_approvals = [
      { id: "019abc00-0000-7000-8000-000000000001", kind: "plan" as const, created_at: LATER },
    ];
    expect(runWaitsFor(run({ pending_approvals }))).toMatchObject({
      reason: "plan_approval",
      since: LATER,
      approval_ids: ["019abc00-0000-7000-8000-000000000001"],
    });
  });

  test("otherwise waits for its own work", () => {
    expect(runWaitsFor(run({ status: "planning" }))).toMatchObject({ reason: "planning", owner: "agent" });
    expect(runWaitsFor(run({ status: "delivering" }))).toMatchObject({ owner: "manager" });
  });
});

describe("a task", () => {
  test("waits for something in every state that is not final, and for nothing otherwise", () => {
    for (const status of TASK_STATUSES) {
      const wait = taskWaitsFor(task({ status }));
      if (["verified", "failed", "cancelled"].includes(status)) expect(wait).toBeNull();
      else expect(WaitingFor.parse(wait).since).toBe(AT);
    }
    expect(taskWaitsFor(task({ status: "ready", run_final: true }))).toBeNull();
  });

  test("names the dependencies that are still open", () => {
    const depends_on = [
      { id: AT, key: "T1", status: "verified" as const },
      { id: AT, key: "T2", status: "running" as const },
    ];
    expect(taskWaitsFor(task({ status: "blocked", depends_on }))?.next_step).toBe("T2 must be verified first.");
  });

  test("that could be assigned names the pause or the stop that holds it", () => {
    expect(taskWaitsFor(task({ paused_at: LATER }))).toMatchObject({ reason: "paused", since: LATER });
    expect(taskWaitsFor(task({ stopped_at: LATER, paused_at: AT }))?.reason).toBe("stopped");
  });
});
