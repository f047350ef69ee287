import type { Tree } from "@aura/shared/models/tree";
import { rebase } from "./rebase.ts";

/** A change as it was judged: the head it was made on, and the tree with it. */
export interface JudgedChange {
  readonly key: string;
  readonly base: Tree;
  readonly tree: Tree;
}

/** The head with every change carried over that still fits, in order; paths that others changed too stay the head's. */
export function treeOfLeftovers(head: Tree, changes: readonly JudgedChange[]): Tree {
  return changes.reduce((tree, change) => rebase(change.base, change.tree, tree).tree, head);
}
