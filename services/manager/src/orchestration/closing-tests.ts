export interface TaskNode {
  readonly id: string;
  readonly depends_on: readonly string[];
  /** Keys of the requirements that the task closes. */
  readonly closes: readonly string[];
}

/** Ids of everything that `taskId` depends on, directly or not; without itself. */
export function ancestorsOf(taskId: string, nodes: readonly TaskNode[]): ReadonlySet<string> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const found = new Set<string>();
  const open = [...(byId.get(taskId)?.depends_on ?? [])];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    open.push(...(byId.get(id)?.depends_on ?? []));
  }
  return found;
}

export interface ClosedRequirements {
  readonly own: ReadonlySet<string>;
  /** Closed by ancestors: their tests pass on the head already. */
  readonly inherited: ReadonlySet<string>;
}

export function closedRequirements(taskId: string, nodes: readonly TaskNode[]): ClosedRequirements {
  const ancestors = ancestorsOf(taskId, nodes);
  const closesOf = (wanted: (id: string) => boolean) =>
    new Set(nodes.filter((node) => wanted(node.id)).flatMap((node) => node.closes));
  return { own: closesOf((id) => id === taskId), inherited: closesOf((id) => ancestors.has(id)) };
}

/** The tests that judge a task: all their requirements are closed by it or by its ancestors. */
export function closingTests<T extends { readonly requirement_ids: readonly string[] }>(
  tests: readonly T[],
  closed: ClosedRequirements,
): T[] {
  return tests.filter((test) => test.requirement_ids.every((id) => closed.own.has(id) || closed.inherited.has(id)));
}

/** Those of the closing tests that passed before the task began: every requirement was closed by an ancestor. */
export function inheritedTests<T extends { readonly requirement_ids: readonly string[] }>(
  tests: readonly T[],
  closed: ClosedRequirements,
): T[] {
  return tests.filter((test) => test.requirement_ids.every((id) => closed.inherited.has(id) && !closed.own.has(id)));
}
