import { setTimeout as sleep } from "node:timers/promises";
import { isUnavailable } from "@aura/shared/postgres/client";
import { notifyTasks } from "@aura/shared/postgres/task-notifications";
import { readPolicies } from "../policy-enforcer/policies.ts";
import type { Step, StepDeps } from "./step.ts";

/** Between any two ticks, however often the loop is woken. */
const FLOOR_MS = 20;
const BUSY_MS = 250;
const IDLE_MS = 1000;
const AWAY_MS = 2000;

export type LoopDeps = Omit<StepDeps, "policies">;

/**
 * One pass over all steps. A step that fails is logged and the others go on: what it left undone is due next time.
 *
 * @returns how many items moved
 * @throws when the database does not answer, so that the caller can wait for it
 */
export async function tick(deps: LoopDeps, steps: readonly Step[]): Promise<number> {
  const stepDeps = { ...deps, policies: await readPolicies(deps.pool) };
  let moved = 0;
  for (const step of steps) {
    try {
      const count = await step.run(stepDeps);
      if (count > 0) deps.log.debug({ step: step.name, moved: count }, "step moved items");
      moved += count;
    } catch (error) {
      if (isUnavailable(error)) throw error;
      deps.log.error({ step: step.name, err: error }, "a step failed");
    }
  }
  return moved;
}

/** Lets a waiting loop go on at once; a hint, never needed for correctness. */
export class Waker {
  #wake: () => void = () => undefined;
  #pending = false;

  wake(): void {
    this.#pending = true;
    this.#wake();
  }

  /** Waits so long, or until woken or stopped. @returns whether it was woken */
  async wait(milliseconds: number, signal: AbortSignal): Promise<boolean> {
    if (!this.#pending && !signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const timer = new AbortController();
      const any = AbortSignal.any([signal, timer.signal]);
      await Promise.race([woken, sleep(milliseconds, undefined, { signal: any }).catch(() => undefined)]);
      timer.abort();
    }
    const woken = this.#pending;
    this.#pending = false;
    return woken;
  }
}

/**
 * Ticks until `signal` aborts: again soon while something moved, else about once a second or when woken, then with the
 * urgent steps first. A database that is away is waited for; it never ends the process.
 */
export async function runLoop(
  deps: LoopDeps,
  steps: readonly Step[],
  waker: Waker,
  signal: AbortSignal,
): Promise<void> {
  const urgent = steps.filter((step) => step.urgent);
  let woken = false;
  while (!signal.aborted) {
    const milliseconds = await pause(deps, woken ? [urgent, steps] : [steps]);
    await sleep(FLOOR_MS);
    woken = await waker.wait(milliseconds, signal);
  }
}

/** One tick after the other; agents and Auditors are told after each, so that they begin while the next goes on. */
async function pause(deps: LoopDeps, ticks: readonly (readonly Step[])[]): Promise<number> {
  try {
    let moved = 0;
    for (const steps of ticks) {
      const count = await tick(deps, steps);
      if (count > 0) await notifyTasks(deps.pool);
      moved += count;
    }
    return moved > 0 ? BUSY_MS : IDLE_MS * (0.8 + 0.4 * Math.random());
  } catch (error) {
    deps.log.error({ err: error }, "tick failed");
    return AWAY_MS;
  }
}
