import { canonicalJson } from "@aura/shared/models/canonical-json";
import { derivedId } from "@aura/shared/models/ids";
import { putJson } from "@aura/shared/postgres/blobs";
import type { Tx } from "@aura/shared/postgres/client";
import { invariant } from "@aura/shared/problems";
import type { SuiteProduct } from "@aura/shared/schemas/suite-product";
import type { ApprovalRow } from "../db/orchestration-approvals.ts";
import {
  type RunFacts,
  readPlan,
  readRequirements,
  readRunFacts,
  readRunTasks,
  readSuite,
  readSuiteInterfaces,
} from "../db/orchestration-specification.ts";
import { baseOf } from "./base-run.ts";
import { tasksOfPlan, wantedTests } from "./planned-tasks.ts";
import { allDone, atomically, type StepDeps } from "./step.ts";
import { carriedSuite } from "./suite-merge.ts";

/**
 * Begins the work of an approved plan in one transaction: the approval is used, the run executes, what the run
 * continues from is adopted, the plan's tasks are added and the open ones of an earlier plan cancelled.
 */
export async function beginPlan(deps: StepDeps, approval: ApprovalRow): Promise<number> {
  const { run_id } = approval;
  const done = await atomically(deps, "begin a plan", async (tx) => {
    allDone(await deps.verbs.useApprovals(tx, [approval]));
    allDone(await deps.verbs.moveRuns(tx, [{ run_id, status: "executing", code: null, detail: null }]));
    await adoptBase(deps, tx, await readRunFacts(tx, run_id));
    await addTasks(deps, tx, await readRunFacts(tx, run_id));
  });
  return done ? 1 : 0;
}

/** A run that continues another begins with its delivered tree and the tests of its unchanged requirements. */
async function adoptBase(deps: StepDeps, tx: Tx, facts: RunFacts): Promise<void> {
  if (facts.base_run_id === null) return;
  const base = await baseOf(tx, facts.base_run_id, await readRequirements(tx, facts.run_id));
  if (facts.head_revision_id === null && base.tree_sha256 !== null) {
    allDone(await deps.verbs.adoptBaseRevision(tx, facts.run_id, base.tree_sha256));
  }
  const carried = base.suite === null ? null : carriedSuite(base.suite, base.unchanged);
  if (facts.suite_id === null && carried !== null) await adoptCarried(deps, tx, facts.run_id, carried);
}

async function adoptCarried(deps: StepDeps, tx: Tx, runId: string, carried: SuiteProduct): Promise<void> {
  const suite = {
    id: derivedId("suite", runId, "1"),
    run_id: runId,
    version: 1,
    content_sha256: await putJson(tx, carried),
    verification_id: null,
    author_agent_id: null,
    replaces_test_ids: [],
  };
  allDone(await deps.verbs.adoptSuite(tx, suite));
}

async function addTasks(deps: StepDeps, tx: Tx, facts: RunFacts): Promise<void> {
  const [plan, suite, requirements, existing, interfaces] = [
    await readPlan(tx, facts),
    await readSuite(tx, facts),
    await readRequirements(tx, facts.run_id),
    await readRunTasks(tx, facts.run_id),
    await readSuiteInterfaces(tx, facts),
  ];
  invariant(plan !== null, "an approved plan is adopted");
  const tested = new Set(suite?.tests.flatMap((test) => test.requirement_ids));
  const stale = interfaces !== null && canonicalJson(interfaces) !== canonicalJson(plan.interfaces);
  const { run_id, plan_revision } = facts;
  const ground = { run_id, revision: plan_revision ?? 1, plan, requirements, existing };
  const tasks = tasksOfPlan({ ...ground, wantedTests: wantedTests(requirements, tested, stale) });
  if (tasks.cancel.length > 0) {
    const items = tasks.cancel.map((task_id) => ({ task_id, code: "plan_revised" }));
    allDone(await deps.verbs.cancelTasks(tx, items));
  }
  const rows = [];
  for (const { spec, ...task } of tasks.add) rows.push({ ...task, spec_sha256: await putJson(tx, spec) });
  allDone(await deps.verbs.addTasks(tx, run_id, rows));
}
