import { setTimeout as sleep } from "node:timers/promises";
import type { TestDatabase } from "@aura/shared/testing/postgres";
import { addGraph } from "../orchestra/add-graph.ts";
import { Judge } from "../orchestra/judge.ts";
import { startOrchestra } from "../orchestra/orchestra.ts";

/** So long nothing happens before a verdict is given: every loop is idle then. */
const IDLE_MS = { least: 100, more: 150 };

export interface DispatchSample {
  /** From the commit of the verdict to the moment the runtime begins with the task that waited for it. */
  readonly start_ms: number;
  /** ... until its model is asked: context read, call reserved. */
  readonly asked_ms: number;
}

/** A chain of tasks: each waits for the verdict on the one before it. */
export async function measureDispatch(db: TestDatabase, count: number, signal: AbortSignal): Promise<DispatchSample[]> {
  const asked: number[] = [];
  const starts: { taskId: string; at: number }[] = [];
  const judge = new Judge(db);
  const orchestra = await startOrchestra(db, {
    slots: 4,
    work: async () => void asked.push(performance.now()),
    onStart: (taskId) => void starts.push({ taskId, at: performance.now() }),
  });
  try {
    const ids = await addGraph(db, orchestra.run, chain(count + 1));
    const committed: number[] = [];
    // A task is only submitted once it was begun and its model asked: each claim closes the sample before it.
    for (let claim = await judge.nextClaim(signal); claim !== null; claim = await judge.nextClaim(signal)) {
      if (committed.length === count) break;
      await sleep(IDLE_MS.least + IDLE_MS.more * Math.random());
      committed.push(await judge.accept(claim));
    }
    return committed.map((at, place) => {
      const start = starts[place + 1];
      if (start === undefined || start.taskId !== ids[place + 1]) throw new Error("tasks began out of order");
      return { start_ms: start.at - at, asked_ms: (asked[place + 1] ?? Number.NaN) - at };
    });
  } finally {
    await orchestra.stop();
    judge.stop();
  }
}

function chain(length: number): number[][] {
  return Array.from({ length }, (_, place) => (place === 0 ? [] : [place - 1]));
}
