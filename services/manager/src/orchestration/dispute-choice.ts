import type { DeltaProduct } from "@aura/shared/schemas/work-products";

interface KnownDispute {
  readonly task_id: string;
  readonly attempt: number;
  readonly test_id: string;
  readonly ruling: "upheld" | "replaced" | null;
}

/**
 * The disputes of a submission that are worth judging: about tests that failed, each test once an attempt, and none
 * about a test that was upheld before in this run.
 */
export function disputesToOpen(
  raised: DeltaProduct["disputes"],
  failedTestIds: readonly string[],
  known: readonly KnownDispute[],
  submission: { readonly task_id: string; readonly attempt: number },
): DeltaProduct["disputes"] {
  const failed = new Set(failedTestIds);
  const settled = new Set(
    known
      .filter(({ ruling, task_id, attempt }) => {
        return ruling === "upheld" || (task_id === submission.task_id && attempt === submission.attempt);
      })
      .map((dispute) => dispute.test_id),
  );
  const byTest = new Map(raised.map((dispute) => [dispute.test_id, dispute]));
  return [...byTest.values()]
    .filter(({ test_id }) => failed.has(test_id) && !settled.has(test_id))
    .sort((a, b) => (a.test_id < b.test_id ? -1 : 1));
}
