import type { Log } from "@aura/shared/log";
import type { Pool, Tx } from "@aura/shared/postgres/client";
import { isUnavailable, withTransaction } from "@aura/shared/postgres/client";
import { isStaleTerm, type VerbOutcome } from "@aura/shared/postgres/verbs";
import type { ManagerVerbs } from "../db/orchestration-verbs.ts";
import type { Policies } from "../policy-enforcer/policies.ts";
import { type RepeatedFailures, stuckDetail } from "./repeated-failures.ts";

/** What every step works with. */
export interface StepDeps {
  readonly pool: Pool;
  readonly verbs: ManagerVerbs;
  /** Read once a tick. */
  readonly policies: Policies;
  readonly log: Log;
  /** Kept from tick to tick. */
  readonly failures: RepeatedFailures;
}

/**
 * One question "what is due?" and the verb that does it. Killed at any point, the next tick asks again and goes on; run
 * twice at once, the second one's items are refused by the database.
 */
export interface Step {
  readonly name: string;
  /** Others wait for what it does: when the loop is woken it goes before the steps that only keep order. */
  readonly urgent?: true;
  /** @returns how many items moved; zero lets the loop slow down */
  run(deps: StepDeps): Promise<number>;
}

/** Thrown inside `atomically` to undo a transaction whose later items were refused; the next tick looks again. */
class Undone extends Error {
  readonly refused: readonly VerbOutcome[];

  constructor(refused: readonly VerbOutcome[]) {
    super(refused.map((item) => `${item.code}: ${item.detail}`).join("; "));
    this.name = "Undone";
    this.refused = refused;
  }
}

/** Throws `Undone` unless every item was done. */
export function allDone(outcomes: readonly VerbOutcome[]): void {
  const refused = outcomes.filter((item) => item.outcome === "refused");
  if (refused.length > 0) throw new Undone(refused);
}

/** Items that were done; refused ones are logged: somebody else was faster, or the world moved on. */
export function countDone(log: Log, verb: string, outcomes: readonly VerbOutcome[]): number {
  for (const item of outcomes.filter((outcome) => outcome.outcome === "refused")) {
    log.info({ verb, id: item.id, code: item.code, detail: item.detail }, "verb refused an item");
  }
  return outcomes.filter((outcome) => outcome.outcome === "done").length;
}

/** Several verbs that belong together: all of them or none. @returns whether they were done */
export async function atomically(deps: StepDeps, what: string, work: (tx: Tx) => Promise<void>): Promise<boolean> {
  try {
    await withTransaction(deps.pool, work);
    return true;
  } catch (error) {
    if (!(error instanceof Undone)) throw error;
    deps.log.info({ what, refused: error.refused }, "transaction undone");
    return false;
  }
}

interface Item {
  readonly run_id: string;
  readonly task_id?: string;
  readonly approval_id?: string;
}

/**
 * Runs `work` for each item; one that fails is logged and the others go on. What fails again and again waits for the
 * Director: the task where the item has one that can wait, else its run (see steps/run-status.ts).
 *
 * @returns the sum of what moved
 * @throws when the database does not answer, or when this Manager does not lead any more
 */
export async function forEach<T extends Item>(
  deps: StepDeps,
  what: string,
  items: readonly T[],
  work: (item: T) => Promise<number>,
): Promise<number> {
  let moved = 0;
  deps.failures.keepOnly(what, new Set(items.map(subjectOf)));
  for (const item of items) {
    try {
      moved += await work(item);
      deps.failures.forget(what, subjectOf(item));
    } catch (error) {
      if (isUnavailable(error) || isStaleTerm(error)) throw error;
      deps.log.error({ what, run_id: item.run_id, subject: subjectOf(item), err: error }, "an item of a step failed");
      if (deps.failures.failed(what, subjectOf(item), item.run_id)) moved += await escalateStuck(deps, what, item);
    }
  }
  return moved;
}

function subjectOf({ task_id, approval_id, run_id }: Item): string {
  return task_id ?? approval_id ?? run_id;
}

async function escalateStuck({ pool, verbs, log, failures }: StepDeps, what: string, item: Item): Promise<number> {
  const { task_id } = item;
  if (task_id === undefined) return 0;
  const escalated = await verbs.escalateTasks(pool, [{ task_id, code: "stuck", detail: stuckDetail(what) }]);
  const done = countDone(log, "escalate_tasks", escalated);
  if (done > 0) failures.forget(what, subjectOf(item));
  return done;
}
