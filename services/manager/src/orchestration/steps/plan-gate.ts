import { readJson } from "@aura/shared/postgres/blobs";
import { readResolution } from "@aura/shared/postgres/plan-dependencies";
import { z } from "zod";
import {
  countDeadApprovals,
  type PlanGate,
  readRefusedGates,
  readUsableApprovals,
} from "../../db/orchestration-approvals.ts";
import { countPlanTasksBefore, readUngatedPlans, type UngatedPlan } from "../../db/orchestration-runs.ts";
import { readRequirements } from "../../db/orchestration-specification.ts";
import { taskLimits } from "../../policy-enforcer/limits.ts";
import { draftApproval } from "../approval-draft.ts";
import { finishRun } from "../finish.ts";
import { beginPlan } from "../plan-start.ts";
import { addPlanTask } from "../plan-task.ts";
import { decideByPolicy } from "../policy-approval.ts";
import { allDone, atomically, forEach, type Step, type StepDeps } from "../step.ts";

/** Opens the gate of each new plan; in an autonomous run policy decides it in the same transaction. */
export const openPlanGates: Step = {
  name: "open_plan_gates",
  async run(deps) {
    const plans = await readUngatedPlans(deps.pool);
    return forEach(deps, "open a plan gate", plans, (plan) => openGate(deps, plan));
  },
};

async function openGate(deps: StepDeps, plan: UngatedPlan): Promise<number> {
  const { run_id, plan_id, digest } = plan;
  const done = await atomically(deps, "open a plan gate", async (tx) => {
    const requirements = (await readRequirements(tx, run_id)).map(({ content }) => content);
    const product = await readJson(tx, plan.content_sha256, z.unknown()); // as it was submitted
    const fetched = await readResolution(tx, plan_id);
    const dependencies = fetched === null ? {} : { dependencies: fetched };
    const content = { kind: "plan", revision: plan.revision, requirements, plan: product, ...dependencies };
    const occasion = String(await countDeadApprovals(tx, "plan", plan_id));
    const subject = { run_id, kind: "plan" as const, subject_id: plan_id, occasion, question: null, content, digest };
    const approval = await draftApproval(tx, subject, taskLimits(deps.policies).approvalHours);
    allDone(await deps.verbs.openApprovals(tx, [approval]));
    await decideByPolicy(deps, tx, plan, approval, "the plan passed the Auditor's checks");
  });
  return done ? 1 : 0;
}

/** Begins the work of each plan whose gate was opened. An approval is used once. */
export const beginApprovedPlans: Step = {
  name: "begin_approved_plans",
  async run(deps) {
    const approvals = await readUsableApprovals(deps.pool, "plan");
    return forEach(deps, "begin a plan", approvals, (approval) => beginPlan(deps, approval));
  },
};

/** Gates that the Director closed: a refusal ends the run, a wish for changes is a new revision of the plan. */
export const obeyRefusedGates: Step = {
  name: "obey_refused_gates",
  async run(deps) {
    const [refused, changes] = await Promise.all([
      readRefusedGates(deps.pool, "rejected"),
      readRefusedGates(deps.pool, "changes_requested"),
    ]);
    const ofRun = (gate: PlanGate) => gate.kind === "plan" || gate.kind === "delivery";
    const ended = await forEach(deps, "end a refused run", refused.filter(ofRun), (gate) => endRun(deps, gate));
    return ended + (await forEach(deps, "revise a plan", changes.filter(ofRun), (gate) => revise(deps, gate)));
  },
};

function endRun(deps: StepDeps, gate: PlanGate): Promise<number> {
  return finishRun(deps, { run_id: gate.run_id, status: "failed", stop_reason: "policy", revision_id: null });
}

async function revise(deps: StepDeps, gate: PlanGate): Promise<number> {
  const { run_id, approval_id, decision_reason } = gate;
  const done = await atomically(deps, "add a plan revision", async (tx) => {
    const number = (await countPlanTasksBefore(tx, run_id, approval_id)) + 1;
    const note = `The Director asks for changes: ${decision_reason ?? ""}`.trim();
    await addPlanTask(deps, tx, { run_id, number, note, verification_id: null });
  });
  return done ? 1 : 0;
}
