import { assertionsIn } from "@aura/shared/models/assertions";
import type { SuiteProduct } from "@aura/shared/schemas/suite-product";
import type { TaskContextOf } from "@aura/shared/schemas/task-context";

type Context = TaskContextOf<"acceptance_tests">;

/** The requirements that the disputed tests are about. */
export function disputedRequirements(context: Context): string[] {
  const ids = context.disputes.flatMap((dispute) => dispute.test.requirement_ids);
  return [...new Set(ids)];
}

/** One ruling for each disputed test; a replaced one has a new version that differs. */
export function precheckRulings(product: SuiteProduct, context: Context): string[] {
  const disputed = new Map(context.disputes.map(({ test }) => [test.id, test]));
  const ruled = new Map(product.rulings.map((ruling) => [ruling.test_id, ruling.ruling]));
  const missing = [...disputed.keys()].filter((id) => !ruled.has(id)).map((id) => `${id} has no ruling.`);
  const foreign = [...ruled.keys()].filter((id) => !disputed.has(id)).map((id) => `Nobody disputes ${id}.`);
  const unchanged = [...disputed].flatMap(([id, test]) => {
    if (ruled.get(id) !== "replaced") return [];
    const next = product.tests.find((each) => each.id === id);
    if (next === undefined) return [`${id} is ruled replaced: hand in its new version under the same id.`];
    if (next.body === test.body) return [`${id} is ruled replaced, but its body is the same.`];
    const [now, then] = [assertionsIn(next.body), assertionsIn(test.body)];
    return now < then
      ? [`The new ${id} has ${now} assertions, the disputed one ${then}: it may not look at less.`]
      : [];
  });
  return [...missing, ...foreign, ...unchanged];
}

/** A product has at least one test: upheld tests come back word for word, and nothing else that was not replaced. */
export function withUpheld(product: SuiteProduct, context: Context): SuiteProduct {
  if (context.disputes.length === 0) return product;
  const replaced = new Set(
    product.rulings.filter((ruling) => ruling.ruling === "replaced").map((ruling) => ruling.test_id),
  );
  const upheld = context.disputes.map(({ test }) => test).filter((test) => !replaced.has(test.id));
  return { ...product, tests: [...product.tests.filter((test) => replaced.has(test.id)), ...upheld] };
}
