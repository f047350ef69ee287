import { applyDelta, type Tree } from "@aura/shared/models/tree";
import { putTree, readJson, readTree } from "@aura/shared/postgres/blobs";
import type { Queryable } from "@aura/shared/postgres/client";
import { TaskContext } from "@aura/shared/schemas/task-context";
import { DeltaProduct } from "@aura/shared/schemas/work-products";
import { readRevisionTree } from "../db/orchestration-specification.ts";
import type { Submission } from "../db/orchestration-submissions.ts";
import { rebase } from "./rebase.ts";

export type SubmissionTree =
  | { readonly kind: "tree"; readonly tree_sha256: string }
  /** Paths that the developer and others changed, differently. */
  | { readonly kind: "conflict"; readonly paths: readonly string[] };

/**
 * The exact tree to judge for a developer's submission: what it changed against the head it was given, carried over to
 * the head of now. The tree is stored.
 */
export async function submissionTree(db: Queryable, submission: Submission): Promise<SubmissionTree> {
  const delta = await readJson(db, submission.product_sha256, DeltaProduct);
  const work = applyDelta(await readTree(db, delta.base_tree_sha256), delta.changes);
  const [before, head] = await Promise.all([headThen(db, submission), headNow(db, submission.head_revision_id)]);
  const { tree, conflictPaths } = rebase(before, work, head);
  if (conflictPaths.length > 0) return { kind: "conflict", paths: conflictPaths };
  return { kind: "tree", tree_sha256: await putTree(db, tree) };
}

/** The landed head that the agent's working tree was made from. */
async function headThen(db: Queryable, submission: Submission): Promise<Tree> {
  const context = await readJson(db, submission.context_sha256, TaskContext);
  if (context.kind !== "implement") return new Map();
  return readTree(db, context.head_tree_sha256 ?? context.base_tree_sha256);
}

/** The tree of the landed head; empty while nothing has landed. */
export async function headNow(db: Queryable, headRevisionId: string | null): Promise<Tree> {
  return headRevisionId === null ? new Map() : readTree(db, await readRevisionTree(db, headRevisionId));
}
