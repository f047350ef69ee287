import type { SuiteProduct } from "@aura/shared/schemas/suite-product";

/**
 * The full suite that results from a test author's product. An author may change only what was asked for: every
 * other test of `previous` stays as it is, whatever the product says about it.
 *
 * @param previous the suite in force, or what was carried over from the base run; null when there is none
 * @param wantedRequirements requirements that tests were asked for; ignored for a dispute
 * @param disputedTests ids of the tests under dispute; empty for an ordinary suite task
 */
export function mergeSuite(
  previous: SuiteProduct | null,
  product: SuiteProduct,
  wantedRequirements: ReadonlySet<string>,
  disputedTests: ReadonlySet<string>,
): SuiteProduct {
  if (previous === null) return product;
  const open =
    disputedTests.size > 0
      ? replacedTests(product, disputedTests)
      : testsOf(previous, (ids) => ids.some((id) => wantedRequirements.has(id)));
  const kept = previous.tests.filter((test) => !open.has(test.id));
  const keptIds = new Set(kept.map((test) => test.id));
  const added = product.tests.filter((test) => !keptIds.has(test.id));
  return {
    prelude: mergePrelude(previous.prelude, product.prelude),
    tests: [...kept, ...added],
    rulings: product.rulings,
  };
}

/** Disputed tests that the author ruled to be wrong. */
export function replacedTests(product: SuiteProduct, disputed: ReadonlySet<string>): Set<string> {
  const replaced = product.rulings.filter((ruling) => ruling.ruling === "replaced" && disputed.has(ruling.test_id));
  return new Set(replaced.map((ruling) => ruling.test_id));
}

/** The part of a delivered suite that a later run may keep: tests whose requirements are all unchanged. */
export function carriedSuite(base: SuiteProduct, unchanged: ReadonlySet<string>): SuiteProduct | null {
  const tests = base.tests.filter((test) => test.requirement_ids.every((id) => unchanged.has(id)));
  return tests.length === 0 ? null : { prelude: base.prelude, tests, rulings: [] };
}

function testsOf(suite: SuiteProduct, chosen: (requirementIds: readonly string[]) => boolean): Set<string> {
  return new Set(suite.tests.filter((test) => chosen(test.requirement_ids)).map((test) => test.id));
}

/** Authors are shown the old prelude and may repeat, extend or leave it out. */
function mergePrelude(previous: string, next: string): string {
  if (next === "" || previous.includes(next)) return previous;
  if (previous === "" || next.includes(previous)) return next;
  return `${previous}\n${next}`;
}
