import { z } from "zod";

/**
 * One acceptance test. `body` is the body of an async JavaScript function with `product`, `assert`
 * (node:assert/strict) and the names of the suite's prelude in scope. It runs in a process of its own that never
 * sees the product's files; `product` crosses the boundary (docs/architecture/ACCEPTANCE_TESTS.md).
 */
export const AcceptanceTest = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$/),
  requirement_ids: z.array(z.string().regex(/^R\d+$/)).min(1),
  title: z.string().min(3).max(300),
  body: z.string().min(10),
  timeout_s: z.int().min(1).max(60).default(15),
});
export type AcceptanceTest = z.infer<typeof AcceptanceTest>;

export const Ruling = z.strictObject({
  test_id: z.string(),
  ruling: z.enum(["upheld", "replaced"]),
  /** Quotes the PRD block or requirement that decides it. */
  basis: z.string().min(3),
});

/** What a test engineer submits for an `acceptance_tests` task. */
export const SuiteProduct = z.strictObject({
  /** JavaScript declarations shared by all tests: constants and functions, no statement with an effect. */
  prelude: z.string().default(""),
  tests: z.array(AcceptanceTest).min(1),
  /** Only in a task that judges disputes: one ruling for each disputed test. */
  rulings: z.array(Ruling).default([]),
});
export type SuiteProduct = z.infer<typeof SuiteProduct>;
