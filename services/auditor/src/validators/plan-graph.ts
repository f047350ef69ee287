import type { PlannedTask } from "@aura/shared/schemas/plan-product";

/**
 * A cycle among the planned tasks, as the keys along it with the first one repeated at the end; null when there is none.
 * Dependencies on unknown tasks are passed over: they are a finding of their own.
 */
export function findCycle(tasks: readonly PlannedTask[]): string[] | null {
  const dependencies = new Map(tasks.map((task) => [task.key, task.depends_on]));
  const finished = new Set<string>();
  const path: string[] = [];
  const visit = (key: string): string[] | null => {
    if (finished.has(key) || !dependencies.has(key)) return null;
    const from = path.indexOf(key);
    if (from >= 0) return [...path.slice(from), key];
    path.push(key);
    for (const next of dependencies.get(key) ?? []) {
      const cycle = visit(next);
      if (cycle !== null) return cycle;
    }
    path.pop();
    finished.add(key);
    return null;
  };
  for (const { key } of tasks) {
    const cycle = visit(key);
    if (cycle !== null) return cycle;
  }
  return null;
}

/** For each key everything that `edges` lead to from it, itself left out. Cycles do no harm. */
export function reachable(edges: ReadonlyMap<string, readonly string[]>): Map<string, Set<string>> {
  const closure = new Map<string, Set<string>>();
  for (const start of edges.keys()) {
    const found = new Set<string>();
    const open = [...(edges.get(start) ?? [])];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next === start || found.has(next)) continue;
      found.add(next);
      open.push(...(edges.get(next) ?? []));
    }
    closure.set(start, found);
  }
  return closure;
}

/** Pairs of tasks of which neither is an ancestor of the other: both may be worked on at the same time. */
export function parallelPairs(tasks: readonly PlannedTask[]): [PlannedTask, PlannedTask][] {
  const ancestors = reachable(new Map(tasks.map((task) => [task.key, task.depends_on])));
  return tasks.flatMap((a, index) =>
    tasks
      .slice(index + 1)
      .filter((b) => a.key !== b.key && !ancestors.get(a.key)?.has(b.key) && !ancestors.get(b.key)?.has(a.key))
      .map((b): [PlannedTask, PlannedTask] => [a, b]),
  );
}
