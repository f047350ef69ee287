import { applyDelta, changedPaths, inScope, type Tree } from "@aura/shared/models/tree";
import type { AcceptanceTest, SuiteProduct } from "@aura/shared/schemas/suite-product";
import type { Finding } from "@aura/shared/schemas/verification-report";
import type { DeltaProduct } from "@aura/shared/schemas/work-products";
import { finding } from "./findings.ts";

/** One change as it is judged: what the developer sent, and the tree that the Manager made of it. */
export interface DeltaGround {
  /** The landed head that `tree` is built on; empty when nothing has landed. */
  readonly base: Tree;
  /** The exact tree that would land. */
  readonly tree: Tree;
  /** The tree that the developer was given. */
  readonly given: Tree;
  readonly file_scope: readonly string[];
  readonly suite: SuiteProduct;
}

/** Judges a change before anything is executed. @returns what the developer must mend */
export function validateDelta(product: DeltaProduct, ground: DeltaGround): Finding[] {
  const changed = changedPaths(ground.base, ground.tree);
  if (changed.length === 0) {
    return [finding("delta_empty", null, "Nothing is different from what has landed. Write the files of this task.")];
  }
  const touched = new Set([...changed, ...product.changes.map(({ path }) => path)]);
  const outside = [...touched].filter((path) => !inScope(path, ground.file_scope)).sort();
  const scope = ground.file_scope.join(", ");
  return [
    ...outside.map((path) =>
      finding("out_of_scope", path, `${path} is not this task's to change. Its file scope: ${scope}.`),
    ),
    ...leakedTests(ground.suite.tests, ground.tree, changed),
  ];
}

/** A copy of an acceptance test inside the product would be an answer learnt by heart. */
function leakedTests(tests: readonly AcceptanceTest[], tree: Tree, changed: readonly string[]): Finding[] {
  const dense = (text: string) => text.replaceAll(/\s+/g, "");
  const files = changed.map((path) => ({ path, text: dense(tree.get(path)?.toString("utf8") ?? "") }));
  return tests.flatMap(({ id, body }) => {
    const needle = dense(body);
    return files
      .filter(({ text }) => text.includes(needle))
      .map(({ path }) =>
        finding(
          "test_body_in_tree",
          path,
          `${path} holds the body of acceptance test ${id}. Remove it from the product.`,
        ),
      );
  });
}

/**
 * Paths where the Manager's tree does not say what the developer sent. Not the developer's doing: whoever made the tree
 * must make it again.
 */
export function foreignPaths(product: DeltaProduct, { base, tree, given }: Omit<DeltaGround, "file_scope">): string[] {
  const sent = applyDelta(given, product.changes);
  const paths = new Set([...changedPaths(base, tree), ...product.changes.map(({ path }) => path)]);
  return [...paths].filter((path) => !sameFile(sent.get(path), tree.get(path))).sort();
}

function sameFile(a: Buffer | undefined, b: Buffer | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.equals(b);
}

/** Which requirements count when a task's tests are chosen. All are keys (R7). */
export interface Closure {
  /** Closed by the task, by its ancestors, or by the delivered run that this one continues. */
  readonly closed: ReadonlySet<string>;
  /** Set aside or overridden by the Director: no test of theirs alone holds a task up. */
  readonly waived: ReadonlySet<string>;
}

/**
 * The tests that must pass once a task is in: nothing that they are about is still open, or they passed on the product that
 * the task repairs.
 *
 * @param held ids of the tests that passed before a repair
 */
export function testsToPass(
  suite: SuiteProduct,
  { closed, waived }: Closure,
  held: ReadonlySet<string>,
): AcceptanceTest[] {
  return suite.tests.filter(({ id, requirement_ids }) => {
    if (held.has(id)) return true;
    const counted = requirement_ids.filter((id) => !waived.has(id));
    return counted.length > 0 && counted.every((id) => closed.has(id));
  });
}
