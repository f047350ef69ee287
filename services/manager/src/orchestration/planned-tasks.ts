import { canonicalJson, sha256Hex } from "@aura/shared/models/canonical-json";
import type { PlannedTask, PlanProduct } from "@aura/shared/schemas/plan-product";
import { TaskSpec } from "@aura/shared/schemas/task-spec";
import type { AdoptedRequirement, RunTask } from "../db/orchestration-specification.ts";
import type { NewTask } from "../db/orchestration-verbs.ts";
import { taskId } from "./plan-task.ts";

/** A task to add, with its specification not yet stored. */
export interface TaskDraft extends Omit<NewTask, "spec_sha256"> {
  readonly spec: TaskSpec;
}

export interface PlanGround {
  readonly run_id: string;
  readonly revision: number;
  readonly plan: PlanProduct;
  readonly requirements: readonly AdoptedRequirement[];
  readonly existing: readonly RunTask[];
  /** Requirements that tests must be written for under this plan. */
  readonly wantedTests: readonly string[];
}

export interface PlanTasks {
  readonly add: readonly TaskDraft[];
  /** Ids of open tasks of an earlier plan. */
  readonly cancel: readonly string[];
}

/**
 * The tasks of an approved plan: the suite, one task for each planned one, the review. Verified tasks of an earlier plan
 * whose planned task is unchanged stay; what was open of the earlier plan is cancelled.
 */
export function tasksOfPlan(ground: PlanGround): PlanTasks {
  const { run_id, plan, existing } = ground;
  const suite = suiteDraft(ground);
  const ids = new Map(
    plan.tasks.map((planned) => [planned.key, kept(planned, existing) ?? newId(ground, planned.key)]),
  );
  const known = new Set(existing.map((task) => task.id));
  const implement = plan.tasks
    .filter((planned) => !known.has(ids.get(planned.key) ?? ""))
    .map((planned) =>
      implementDraft(ground, planned, [...(suite === null ? [] : [suite.id]), ...dependencies(planned, ids)]),
    );
  const review = draft(run_id, freeKey(ground, "REVIEW"), "review", "Review the product", {
    spec: TaskSpec.parse({ requirement_ids: ground.requirements.map(({ content }) => content.id) }),
    depends_on: [...ids.values()],
  });
  const add = [...(suite === null ? [] : [suite]), ...implement, ...(implement.length === 0 ? [] : [review])];
  return { add, cancel: existing.filter(isOpenWork).map((task) => task.id) };
}

function dependencies(planned: PlannedTask, ids: ReadonlyMap<string, string>): string[] {
  return planned.depends_on.flatMap((key) => ids.get(key) ?? []);
}

function newId(ground: PlanGround, key: string): string {
  return taskId(ground.run_id, freeKey(ground, key));
}

/** Keys are unique in a run: under a later plan a taken one carries the plan's revision. */
function freeKey({ existing, revision }: PlanGround, key: string): string {
  return existing.some((task) => task.key === key) ? `${key}-P${revision}` : key;
}

function isOpenWork({ kind, status }: RunTask): boolean {
  const isWork = kind === "implement" || kind === "acceptance_tests" || kind === "review";
  return isWork && status !== "verified" && status !== "cancelled";
}

function specOf(planned: PlannedTask): TaskSpec {
  const { description, requirement_ids, closes, file_scope } = planned;
  return TaskSpec.parse({
    description,
    requirement_ids: [...new Set([...requirement_ids, ...closes])],
    closes,
    file_scope,
  });
}

/** The verified task of an earlier plan that this planned one repeats word for word; null: it has to be done. */
function kept(planned: PlannedTask, existing: readonly RunTask[]): string | null {
  const spec = sha256Hex(canonicalJson(specOf(planned)));
  const same = existing.find((task) => {
    return (
      task.kind === "implement" &&
      task.status === "verified" &&
      task.spec_sha256 === spec &&
      task.title === planned.title
    );
  });
  return same?.id ?? null;
}

function suiteDraft(ground: PlanGround): TaskDraft | null {
  const { run_id, wantedTests } = ground;
  if (wantedTests.length === 0) return null;
  return draft(run_id, freeKey(ground, "SUITE"), "acceptance_tests", "Write the acceptance tests", {
    spec: TaskSpec.parse({ requirement_ids: wantedTests }),
    requirements: links(ground, wantedTests, []),
  });
}

function implementDraft(ground: PlanGround, planned: PlannedTask, dependsOn: readonly string[]): TaskDraft {
  const spec = specOf(planned);
  return draft(ground.run_id, freeKey(ground, planned.key), "implement", planned.title, {
    spec,
    depends_on: dependsOn,
    requirements: links(ground, spec.requirement_ids, planned.closes),
  });
}

function links({ requirements }: PlanGround, keys: readonly string[], closes: readonly string[]) {
  return requirements
    .filter(({ content }) => keys.includes(content.id))
    .map(({ requirement_id, content }) => ({ requirement_id, closes: closes.includes(content.id) }));
}

/** A task with everything that most tasks leave empty. */
export function draft(
  runId: string,
  key: string,
  kind: NewTask["kind"],
  title: string,
  rest: Partial<TaskDraft> & { readonly spec: TaskSpec },
): TaskDraft {
  return {
    id: taskId(runId, key),
    kind,
    key,
    title,
    priority: 0,
    depends_on: [],
    usd_limit: null,
    tokens_limit: null,
    repairs_task_id: null,
    disputes_test_ids: [],
    requirements: [],
    ...rest,
  };
}

/**
 * The requirements that tests have to be written for when a plan begins.
 *
 * @param tested requirements that a test of the suite in force (or of the one carried over) judges
 * @param stale true when the interfaces that the suite was written for are not the plan's any more
 */
export function wantedTests(
  requirements: readonly AdoptedRequirement[],
  tested: ReadonlySet<string>,
  stale: boolean,
): string[] {
  return requirements
    .filter(({ content, set_aside }) => content.verification_method !== "inspection" && !set_aside)
    .map(({ content }) => content.id)
    .filter((key) => stale || !tested.has(key));
}
