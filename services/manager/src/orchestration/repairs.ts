import { FINAL_TASK_STATUSES } from "@aura/shared/enums/task";
import { TaskSpec } from "@aura/shared/schemas/task-spec";
import type { AdoptedRequirement, RunTask } from "../db/orchestration-specification.ts";
import { ancestorsOf } from "./closing-tests.ts";
import { draft, type TaskDraft } from "./planned-tasks.ts";

export interface RepairGround {
  readonly run_id: string;
  /** The assembly's verification. */
  readonly verification_id: string;
  readonly failed_keys: readonly string[];
  /** Those of them that no test shows: their author's to mend, and not the developer's. */
  readonly untested_keys: readonly string[];
  readonly requirements: readonly AdoptedRequirement[];
  readonly tasks: readonly RunTask[];
  /** Specification of each task by id. */
  readonly specs: ReadonlyMap<string, TaskSpec>;
  readonly roundsMax: number;
}

export type RepairPlan =
  | { readonly kind: "under_way" }
  | { readonly kind: "tasks"; readonly add: readonly TaskDraft[] }
  /** No approved scope covers what failed. */
  | { readonly kind: "revise"; readonly note: string }
  | { readonly kind: "ask"; readonly detail: string };

/**
 * The repairs of a failed assembly: for each task that closed a failed requirement one task of the same file scope,
 * after the repairs of the tasks that it builds on. Where tests are what is missing, a test author comes first, and the whole is
 * judged again. At most `roundsMax` rounds of each, then a person decides.
 */
export function planRepairs(ground: RepairGround): RepairPlan {
  const { failed_keys, tasks } = ground;
  const earlier = tasks.filter((task) => ground.specs.get(task.id)?.verification_id === ground.verification_id);
  if (earlier.some((task) => !FINAL_TASK_STATUSES.includes(task.status))) return { kind: "under_way" };
  if (earlier.length > 0) return { kind: "ask", detail: `${failed_keys.join(", ")}: its repair was cancelled` };
  if (ground.untested_keys.length > 0) return planTests(ground);
  const closers = new Map<string, string[]>();
  const orphans: string[] = [];
  for (const key of failed_keys) {
    const closer = closingTask(key, tasks);
    if (closer === undefined) orphans.push(key);
    else closers.set(closer.id, [...(closers.get(closer.id) ?? []), key]);
  }
  const withdrawn = orphans.filter((key) =>
    tasks.some((task) => task.status === "cancelled" && task.closes.includes(key)),
  );
  if (withdrawn.length > 0) return { kind: "ask", detail: `${withdrawn.join(", ")}: its task was cancelled` };
  if (orphans.length > 0) return { kind: "revise", note: revisionNote(orphans) };
  const round = 1 + Math.max(0, ...tasks.map(roundOf));
  if (round > ground.roundsMax)
    return { kind: "ask", detail: `${failed_keys.join(", ")} still failed after ${round - 1} repairs` };
  return { kind: "tasks", add: repairDrafts(ground, closers, round) };
}

function planTests({ run_id, tasks, untested_keys, verification_id, ...ground }: RepairGround): RepairPlan {
  const round = 1 + tasks.filter(({ key }) => /^TESTS-\d+$/.test(key)).length;
  const keys = untested_keys.join(", ");
  if (round > ground.roundsMax)
    return {
      kind: "ask",
      detail: `${keys}: still no test that counts, though tests were asked for ${round - 1} times`,
    };
  const spec = TaskSpec.parse({ requirement_ids: untested_keys, verification_id, note: testsNote(keys) });
  const links = ground.requirements
    .filter(({ content }) => untested_keys.includes(content.id))
    .map(({ requirement_id }) => ({ requirement_id, closes: false }));
  const title = `Write tests that count for ${keys}`.slice(0, 200);
  return {
    kind: "tasks",
    add: [draft(run_id, `TESTS-${round}`, "acceptance_tests", title, { spec, requirements: links })],
  };
}

function testsNote(keys: string): string {
  return `No test of ${keys} counts. On the finished product a test counts only if it fails once the functions that it reaches do nothing: compare what the product answers with what the requirement fixes.`;
}

function revisionNote(orphans: readonly string[]): string {
  return `The assembled product fails ${orphans.join(", ")}, and no task of the plan covers it. Plan tasks that mend it.`;
}

/** The planned task that closes a requirement now; repairs and cancelled tasks of earlier plans do not count. */
function closingTask(key: string, tasks: readonly RunTask[]): RunTask | undefined {
  return tasks.findLast((task) => {
    return (
      task.kind === "implement" &&
      task.status === "verified" &&
      task.repairs_task_id === null &&
      task.closes.includes(key)
    );
  });
}

function roundOf(task: RunTask): number {
  if (task.repairs_task_id === null || task.kind !== "implement") return 0;
  return Number(/-R(\d+)$/.exec(task.key)?.[1] ?? 0);
}

function repairDrafts(ground: RepairGround, closers: ReadonlyMap<string, string[]>, round: number): TaskDraft[] {
  const { run_id, tasks, verification_id } = ground;
  const repaired = tasks.filter((task) => closers.has(task.id));
  const keys = new Map(repaired.map((task) => [task.id, `${task.key}-R${round}`]));
  const drafts = repaired.map((task) => {
    const closes = closers.get(task.id) ?? [];
    const spec = TaskSpec.parse({
      description: `Mend what fails in the assembled product: ${closes.join(", ")}. ${ground.specs.get(task.id)?.description ?? ""}`,
      requirement_ids: ground.specs.get(task.id)?.requirement_ids ?? closes,
      closes,
      file_scope: ground.specs.get(task.id)?.file_scope ?? [],
      verification_id,
    });
    const links = ground.requirements
      .filter(({ content }) => spec.requirement_ids.includes(content.id) || closes.includes(content.id))
      .map(({ requirement_id, content }) => ({ requirement_id, closes: closes.includes(content.id) }));
    const title = `Repair ${closes.join(", ")}: ${task.title}`.slice(0, 200);
    const rest = { spec, repairs_task_id: task.id, requirements: links };
    return { task, made: draft(run_id, keys.get(task.id) ?? "", "implement", title, rest) };
  });
  return drafts.map(({ task, made }) => {
    const ancestors = ancestorsOf(task.id, tasks);
    const first = drafts.filter((other) => ancestors.has(other.task.id)).map((other) => other.made.id);
    return { ...made, depends_on: [task.id, ...first] };
  });
}
