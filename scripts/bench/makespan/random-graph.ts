import type { Graph } from "../orchestra/add-graph.ts";

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Workload {
  readonly graph: Graph;
  /** What each task's work takes, in ms. */
  readonly work: readonly number[];
  readonly slots: number;
}

const SIGMA = 0.5;
const DEPENDENCIES_MAX = 3;

/**
 * A graph in layers of 1 to `width` tasks, each task depending on one to three of the layer before; work is lognormal
 * around `medianMs`.
 */
export function randomWorkload(seed: number, tasks: number, width: number, slots: number, medianMs: number): Workload {
  const random = seeded(seed);
  const graph: number[][] = [];
  let before: number[] = [];
  while (graph.length < tasks) {
    const size = Math.min(1 + Math.floor(random() * width), tasks - graph.length);
    const layer = Array.from({ length: size }, (_, at) => graph.length + at);
    for (const _ of layer) graph.push(chosen(before, random));
    before = layer;
  }
  return { graph, slots, work: graph.map(() => medianMs * Math.exp(SIGMA * normal(random))) };
}

function chosen(from: readonly number[], random: () => number): number[] {
  const wanted = Math.min(from.length, 1 + Math.floor(random() * DEPENDENCIES_MAX));
  const picked = new Set<number>();
  while (picked.size < wanted) picked.add(from[Math.floor(random() * from.length)] ?? 0);
  return [...picked].sort((a, b) => a - b);
}

/** Box and Muller's. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
