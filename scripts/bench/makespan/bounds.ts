import type { Workload } from "./random-graph.ts";

/** No schedule is shorter: the longest path, or all work spread over all slots. */
export function lowerBoundMs({ graph, work, slots }: Workload): number {
  const ends: number[] = [];
  for (const [place, dependencies] of graph.entries()) {
    const begin = Math.max(0, ...dependencies.map((other) => ends[other] ?? 0));
    ends.push(begin + (work[place] ?? 0));
  }
  const total = work.reduce((sum, ms) => sum + ms, 0);
  return Math.max(...ends, total / slots);
}

/**
 * What the Manager's own order would take if handing out cost nothing: whenever a slot is free, the ready task that was
 * added first. The rest of a measured makespan is what the system takes for itself.
 */
export function listScheduleMs({ graph, work, slots }: Workload): number {
  const ends = new Map<number, number>();
  const waiting = new Set(graph.keys());
  let now = 0;
  for (;;) {
    const running = [...ends.values()].filter((end) => end > now);
    const isReady = (place: number) => (graph[place] ?? []).every((other) => (ends.get(other) ?? Infinity) <= now);
    const ready = [...waiting].filter(isReady).slice(0, slots - running.length);
    for (const place of ready) {
      waiting.delete(place);
      ends.set(place, now + (work[place] ?? 0));
    }
    if (waiting.size === 0) return Math.max(...ends.values());
    now = Math.min(...[...ends.values()].filter((end) => end > now));
  }
}
