import { setTimeout as sleep } from "node:timers/promises";
import type { TestDatabase } from "@aura/shared/testing/postgres";
import { addGraph } from "../orchestra/add-graph.ts";
import { accept, nextClaim } from "../orchestra/judge.ts";
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
  const started = new Map<string, number>();
  const asked: number[] = [];
  const orchestra = await startOrchestra(db, {
    slots: 4,
    work: async () => void asked.push(performance.now()),
    onStart: (taskId) => void started.set(taskId, performance.now()),
  });
  try {
    const ids = await addGraph(db, orchestra.run, chain(count + 1));
    const committed: number[] = [];
    for (let place = 0; place < count; place += 1) {
      const claim = await nextClaim(db, signal);
      if (claim === null) return [];
      await sleep(IDLE_MS.least + IDLE_MS.more * Math.random());
      committed.push(await accept(db, claim));
    }
    await nextClaim(db, signal); // the last one was begun, asked and submitted
    return committed.map((at, place) => ({
      start_ms: (started.get(ids[place + 1] ?? "") ?? Number.NaN) - at,
      asked_ms: (asked[place + 1] ?? Number.NaN) - at,
    }));
  } finally {
    await orchestra.stop();
  }
}

function chain(length: number): number[][] {
  return Array.from({ length }, (_, place) => (place === 0 ? [] : [place - 1]));
}
