import type { TestResult, VerificationReport } from "@aura/shared/schemas/verification-report";

export type RequirementVerdict = VerificationReport["verdicts"][number];

/** What running a suite on a product showed. */
export interface SuiteObservation {
  readonly tests: readonly TestResult[];
  /** Tests that passed once and failed once on the same tree. */
  readonly flaky: ReadonlySet<string>;
  /** Tests that also pass on the product with the bodies of what they reach removed: they show nothing. */
  readonly survivors: ReadonlySet<string>;
}

/** A pass is evidence only when the test reached the product and compared something. */
export function isPass({ outcome, reached_product, assertions }: TestResult): boolean {
  return outcome === "pass" && reached_product && assertions > 0;
}

/** Tests that keep a change from being accepted, steady failures apart from flaky ones. */
export function failedTests({ tests, flaky, survivors }: SuiteObservation): { steady: string[]; flaky: string[] } {
  const counted = tests.filter(({ test_id }) => !survivors.has(test_id));
  const failed = counted.filter((test) => !isPass(test) && !flaky.has(test.test_id));
  const unsteady = counted.filter(({ test_id }) => flaky.has(test_id));
  return { steady: failed.map(({ test_id }) => test_id), flaky: unsteady.map(({ test_id }) => test_id) };
}

/** The verdict on one requirement (by key) from the tests that name it. Without evidence it is never a pass. */
export function verdictOf(requirement: string, observation: SuiteObservation): RequirementVerdict {
  const own = observation.tests.filter(({ requirement_ids }) => requirement_ids.includes(requirement));
  const counted = own.filter(({ test_id }) => !observation.survivors.has(test_id));
  const { steady, flaky } = failedTests({ ...observation, tests: own });
  const survivors = own.filter((test) => !counted.includes(test)).map(({ test_id }) => test_id);
  const counts = {
    requirement_id: requirement,
    tests_passed: counted.length - steady.length - flaky.length,
    tests_total: counted.length,
  };
  const note =
    survivors.length === 0
      ? ""
      : `; not counted, passed with the bodies of what they reach removed: ${survivors.join(", ")}`;
  if (counted.length === 0) return { ...counts, verdict: "not_run", detail: `no test ran${note}` };
  if (steady.length > 0) return { ...counts, verdict: "fail", detail: `failed: ${steady.join(", ")}${note}` };
  if (flaky.length > 0) return { ...counts, verdict: "inconclusive", detail: `unsteady: ${flaky.join(", ")}${note}` };
  return { ...counts, verdict: "pass", detail: `${counted.length} of ${counted.length} tests pass${note}` };
}
