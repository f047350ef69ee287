import { changedPaths, type Tree } from "@aura/shared/models/tree";

export interface Rebased {
  readonly tree: Tree;
  /** Paths that both sides changed, differently: the head's version stands in `tree`. */
  readonly conflictPaths: readonly string[];
}

/**
 * Carries what changed from `base` to `work` over to `head`, path by path. File scopes of parallel tasks are
 * disjoint, so a path is normally changed on one side only; nothing inside a file is ever merged.
 */
export function rebase(base: Tree, work: Tree, head: Tree): Rebased {
  const tree = new Map(head);
  const conflictPaths: string[] = [];
  for (const path of changedPaths(base, work)) {
    const wanted = work.get(path);
    const landed = head.get(path);
    if (same(landed, wanted)) continue;
    if (!same(landed, base.get(path))) conflictPaths.push(path);
    else if (wanted === undefined) tree.delete(path);
    else tree.set(path, wanted);
  }
  return { tree, conflictPaths };
}

function same(a: Buffer | undefined, b: Buffer | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.equals(b);
}
