import type { AcceptanceTest } from "@aura/shared/schemas/suite-product";
import type { Coverage } from "@aura/shared/schemas/verification-report";
import type { ConfirmedRun } from "./confirmation.ts";

/** Functions, and files, that a report names one by one. */
const NAMED_MAX = 200;

/**
 * Which functions of the product the tests reached, by requirement. The product's processes say it themselves, so it is shown
 * and never decides a verdict.
 */
export function coverageOf({ functions, reached }: ConfirmedRun, tests: readonly AcceptanceTest[]): Coverage {
  const byRequirement = new Map<string, Set<number>>();
  for (const { id, requirement_ids } of tests) {
    for (const key of requirement_ids) {
      const own = byRequirement.get(key) ?? new Set();
      for (const number of reached.get(id) ?? []) own.add(number);
      byRequirement.set(key, own);
    }
  }
  const all = new Set([...byRequirement.values()].flatMap((own) => [...own]));
  const unreached = functions.filter(({ path }, number) => !all.has(number) && !isOwnTest(path));
  const total = functions.filter(({ path }, number) => all.has(number) || !isOwnTest(path)).length;
  return {
    functions: total,
    functions_reached: total - unreached.length,
    requirements: [...byRequirement]
      .map(([requirement_id, own]) => ({ requirement_id, functions_reached: own.size }))
      .sort((a, b) => a.requirement_id.localeCompare(b.requirement_id, "en", { numeric: true })),
    files: filesOf(functions, all).slice(0, NAMED_MAX),
    unreached: unreached.slice(0, NAMED_MAX),
  };
}

function filesOf(functions: ConfirmedRun["functions"], reached: ReadonlySet<number>): Coverage["files"] {
  const counted = functions.map(({ path }, number) => ({ path, isReached: reached.has(number) }));
  const product = counted.filter(({ path, isReached }) => isReached || !isOwnTest(path));
  return [...Map.groupBy(product, ({ path }) => path)]
    .map(([path, own]) => ({
      path,
      functions: own.length,
      functions_reached: own.filter(({ isReached }) => isReached).length,
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The product's own tests, by the names that the toolchains look for: no part of what is delivered to be used. */
function isOwnTest(path: string): boolean {
  return /(^|\/)tests?\//.test(path) || /(^|\/)test_[^/]*\.py$/.test(path) || /\.test\.[cm]?[jt]s$/.test(path);
}
