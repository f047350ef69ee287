import type { TestOutcome } from "@aura/shared/enums/verification";

export interface TestRecord {
  readonly test_id: string;
  readonly outcome: TestOutcome;
}

/**
 * True when an attempt is the better starting point for the next one: what passed still passes and at least one
 * failure is gone. The first attempt is compared with the head, on which the tests of the ancestors pass.
 *
 * @param best results of the best attempt so far; null when there is none
 * @param attempt results of this attempt; empty when its tests were not run at all, which is never better
 * @param inherited ids of tests that the task's ancestors closed
 */
export function isBetterAttempt(
  best: readonly TestRecord[] | null,
  attempt: readonly TestRecord[],
  inherited: ReadonlySet<string>,
): boolean {
  if (attempt.length === 0) return false;
  const now = new Map(attempt.map((test) => [test.test_id, test.outcome === "pass"]));
  if (best === null) return [...inherited].every((id) => now.get(id) !== false);
  const kept = best.every((test) => test.outcome !== "pass" || now.get(test.test_id) !== false);
  return kept && best.some((test) => test.outcome !== "pass" && now.get(test.test_id) === true);
}
