import { setTimeout as sleep } from "node:timers/promises";
import type { TestDatabase } from "@aura/shared/testing/postgres";
import { addGraph, keyAt } from "../orchestra/add-graph.ts";
import { Judge } from "../orchestra/judge.ts";
import { startOrchestra } from "../orchestra/orchestra.ts";
import type { Workload } from "./random-graph.ts";

const SETTLE_MS = 300;

/**
 * Has one workload done by the real loops; every submission is accepted at once.
 *
 * @returns milliseconds from the commit that added the graph to the commit of the last verdict; null when it was stopped
 */
export async function measureMakespan(
  db: TestDatabase,
  { graph, work, slots }: Workload,
  signal: AbortSignal,
): Promise<number | null> {
  const workOf = new Map(work.map((ms, place) => [keyAt(place), ms]));
  const judge = new Judge(db);
  const orchestra = await startOrchestra(db, {
    slots,
    work: (key, ended) => sleep(workOf.get(key) ?? 0, undefined, { signal: ended }),
    onStart: () => undefined,
  });
  try {
    await sleep(SETTLE_MS); // the loops have looked around and are idle
    await addGraph(db, orchestra.run, graph);
    const begun = performance.now();
    let committed = begun;
    for (let judged = 0; judged < graph.length; judged += 1) {
      const claim = await judge.nextClaim(signal);
      if (claim === null) return null;
      committed = await judge.accept(claim);
    }
    return committed - begun;
  } finally {
    await orchestra.stop();
    judge.stop();
  }
}
