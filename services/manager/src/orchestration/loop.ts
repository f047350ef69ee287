import { setTimeout as sleep } from "node:timers/promises";
import { isUnavailable } from "@aura/shared/postgres/client";
import { notifyTasks } from "@aura/shared/postgres/task-notifications";
import { isStaleTerm } from "@aura/shared/postgres/verbs";
import { readPolicies } from "../policy-enforcer/policies.ts";
import type { Step, StepDeps } from "./step.ts";

/** Before each whole tick, however often the loop is woken. */
const FLOOR_MS = 20;
const BUSY_MS = 250;
const IDLE_MS = 1000;
const AWAY_MS = 2000;

export type LoopDeps = Omit<StepDeps, "policies">;

/**
 * One pass over all steps. A step that fails is logged and the others go on: what it left undone is due next time.
 *
 * @param before called before each step; what it moves counts
 * @returns how many items moved
 * @throws when the database does not answer, so that the caller can wait for it, or when this Manager does not lead any more
 */
export async function tick(
  deps: LoopDeps,
  steps: readonly Step[],
  before: () => Promise<number> = async () => 0,
): Promise<number> {
  const stepDeps = { ...deps, policies: await readPolicies(deps.pool) };
  let moved = 0;
  for (const step of steps) moved += (await before()) + (await take(step, stepDeps));
  return moved;
}

async function take(step: Step, deps: StepDeps): Promise<number> {
  try {
    const count = await step.run(deps);
    if (count > 0) deps.log.debug({ step: step.name, moved: count }, "step moved items");
    return count;
  } catch (error) {
    if (isUnavailable(error) || isStaleTerm(error)) throw error;
    deps.log.error({ step: step.name, err: error }, "a step failed");
    return 0;
  }
}

/** Lets a waiting loop go on at once; a hint, never needed for correctness. */
export class Waker {
  #wake: () => void = () => undefined;
  #pending = false;

  wake(): void {
    this.#pending = true;
    this.#wake();
  }

  /** Whether it was woken since it was asked last. */
  wasWoken(): boolean {
    const woken = this.#pending;
    this.#pending = false;
    return woken;
  }

  /** Waits so long, or until woken or stopped. */
  async wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (this.#pending || signal.aborted) return;
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const timer = new AbortController();
    const any = AbortSignal.any([signal, timer.signal]);
    await Promise.race([woken, sleep(milliseconds, undefined, { signal: any }).catch(() => undefined)]);
    timer.abort();
  }
}

/**
 * Ticks until `signal` aborts or the term is over: again soon while something moved, else about once a second or when
 * woken. Whenever it is woken, also in the middle of a tick, the urgent steps go first: agents wait for them. A database
 * that is away is waited for; it never ends the process.
 */
export async function runLoop(
  deps: LoopDeps,
  steps: readonly Step[],
  waker: Waker,
  signal: AbortSignal,
): Promise<void> {
  const urgent = steps.filter((step) => step.urgent);
  const urgentIfWoken = async () => (waker.wasWoken() ? told(deps, await tick(deps, urgent)) : 0);
  let milliseconds: number | null = 0;
  while (milliseconds !== null) {
    await waker.wait(milliseconds, signal);
    if (signal.aborted) return;
    milliseconds = await pause(deps, async () => {
      const moved = await urgentIfWoken();
      await sleep(FLOOR_MS);
      return moved + (await told(deps, await tick(deps, steps, urgentIfWoken)));
    });
  }
}

/** Agents and Auditors look at once where something moved. */
async function told(deps: LoopDeps, moved: number): Promise<number> {
  if (moved > 0) await notifyTasks(deps.pool);
  return moved;
}

/** @returns how long to wait after this turn, in ms; null when the database says that this Manager does not lead any more */
async function pause(deps: LoopDeps, turn: () => Promise<number>): Promise<number | null> {
  try {
    return (await turn()) > 0 ? BUSY_MS : IDLE_MS * (0.8 + 0.4 * Math.random());
  } catch (error) {
    if (isStaleTerm(error)) {
      deps.log.warn({ err: error }, "the loop ends: this Manager does not lead any more");
      return null;
    }
    deps.log.error({ err: error }, "tick failed");
    return AWAY_MS;
  }
}
