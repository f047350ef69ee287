import { describe, expect, it } from "vitest";
import type { Progress } from "../../src/db/orchestration-progress.ts";
import { decideAssembly } from "../../src/orchestration/assembly-decision.ts";
import { moves, phaseOf, positionAtWork } from "../../src/orchestration/run-status.ts";

const progress = (rest: Partial<Progress>): Progress => ({
  run_id: "run",
  status: "executing",
  oversight: "supervised",
  strict_policy: true,
  provider: null,
  delivery_partial: false,
  waiting_code: null,
  waiting_detail: null,
  plan_used: true,
  head_revision_id: "head",
  head_tree_sha256: "tree",
  untestable: false,
  suite_id: "suite",
  plan_id: "plan",
  open_tasks: 1,
  unlanded_overrides: 0,
  moving_tasks: 0,
  waits: [],
  starved: false,
  provider_wait: null,
  quiet_s: 0,
  assembly_request_id: "request",
  assembly_retry: 0,
  assembly_requested_s_ago: 0,
  assembly_verification_id: null,
  assembly_outcome: null,
  assembly_report_sha256: null,
  assembly_judged_s_ago: null,
  failed_keys: [],
  untested_keys: [],
  inspections_open: [],
  inspections_failed: [],
  ...rest,
});
const wait = { code: "budget_exhausted", detail: "T1: spent" };

describe("the status of a run at work", () => {
  it("is executing while anything moves, with what is waited for beside it", () => {
    expect(positionAtWork(progress({ moving_tasks: 1, waits: [wait] }))).toEqual({ status: "executing", ...wait });
    expect(positionAtWork(progress({ moving_tasks: 1, plan_used: false, status: "planning" }))?.status).toBe(
      "planning",
    );
    expect(positionAtWork(progress({ moving_tasks: 1, plan_used: false }))?.status).toBe("executing");
  });

  it("is awaiting_director when only a person can go on", () => {
    expect(positionAtWork(progress({ waits: [wait] }))).toEqual({ status: "awaiting_director", ...wait });
  });

  it("says when no runtime is alive", () => {
    expect(positionAtWork(progress({ moving_tasks: 1, starved: true }))?.code).toBe("nobody_eligible");
  });

  it("says what a provider failed with, unless a person is waited for", () => {
    const provider_wait = { code: "provider_failed", detail: "T1: cannot be reached" };
    const facts = { moving_tasks: 1, provider_wait };
    expect(positionAtWork(progress(facts))).toEqual({ status: "executing", ...provider_wait });
    expect(positionAtWork(progress({ ...facts, waits: [wait] }))).toEqual({ status: "executing", ...wait });
  });

  it("is stuck, never silently still, once nothing has changed for half a minute", () => {
    expect(positionAtWork(progress({ quiet_s: 5 }))).toBeNull();
    expect(positionAtWork(progress({ quiet_s: 31 }))).toMatchObject({ status: "awaiting_director", code: "stuck" });
  });

  it("is left to the assembly once no task is open, and to the Director's partial delivery before all", () => {
    expect(phaseOf(progress({ open_tasks: 0 }))).toBe("assembly");
    expect(phaseOf(progress({ open_tasks: 0, plan_used: false }))).toBe("work");
    expect(phaseOf(progress({ delivery_partial: true }))).toBe("partial");
  });

  it("is written only when it differs", () => {
    const position = { status: "executing" as const, code: null, detail: null };
    expect(moves(progress({}), position)).toBe(false);
    expect(moves(progress({ waiting_code: "stuck" }), position)).toBe(true);
  });
});

describe("the assembly", () => {
  const decide = (rest: Partial<Progress>) => decideAssembly(progress({ open_tasks: 0, ...rest }), 2);

  it("is asked for once a head and a suite", () => {
    expect(decide({ assembly_request_id: null })).toEqual({ kind: "request", retry: 0 });
    expect(decide({})).toEqual({ kind: "wait" });
    expect(decide({ head_revision_id: null })).toMatchObject({ kind: "ask", code: "stuck" });
  });

  it("leads to the delivery, to repairs, or is repeated when what failed was waived", () => {
    expect(decide({ assembly_outcome: "accepted" })).toEqual({ kind: "deliver" });
    expect(decide({ assembly_outcome: "rejected", failed_keys: ["R1"] })).toEqual({ kind: "repair" });
    expect(decide({ assembly_outcome: "rejected" })).toEqual({ kind: "request", retry: 1 });
    expect(decide({ assembly_outcome: "accepted", failed_keys: ["R1"] })).toEqual({ kind: "repair" });
  });

  it("is repeated after an environment failure, and slowly for as long as the run is open", () => {
    const failed = { assembly_outcome: "environment" as const };
    expect(decide({ ...failed, assembly_judged_s_ago: 1 })).toEqual({ kind: "wait" });
    expect(decide({ ...failed, assembly_judged_s_ago: 3 })).toEqual({ kind: "request", retry: 1 });
    const over = { ...failed, assembly_retry: 2 };
    expect(decide({ ...over, assembly_judged_s_ago: 60 })).toMatchObject({ kind: "ask", code: "environment" });
    expect(decide({ ...over, assembly_judged_s_ago: 301 })).toEqual({ kind: "request", retry: 3 });
  });
});
