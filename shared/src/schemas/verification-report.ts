import { z } from "zod";
import { KERNEL_KINDS, SANDBOX_LEVELS, TEST_OUTCOMES, VERDICTS, VERIFICATION_OUTCOMES } from "../enums/verification.ts";
import { DependencyResolution } from "./dependencies.ts";

/** One thing that a mechanical check found. `code` is stable, `message` is for the agent that must mend it. */
export const Finding = z.strictObject({
  code: z.string(),
  message: z.string(),
  /** What it is about: a block, requirement, task, test or path. */
  subject: z.string().nullable(),
  /** `warning`: a person should see it, and nothing was rejected for it. Absent: it has to be mended. */
  severity: z.literal("warning").optional(),
});
export type Finding = z.infer<typeof Finding>;

/** Result of one acceptance test. Texts are bounded and hostile: data to show, never to act on. */
export const TestResult = z.strictObject({
  test_id: z.string(),
  requirement_ids: z.array(z.string()),
  outcome: z.enum(TEST_OUTCOMES),
  /** At least one call of the test was carried out by a process of the product (or of its stub). */
  reached_product: z.boolean(),
  /** On the stub: its marker was seen. */
  reached_stub: z.boolean().default(false),
  assertions: z.int().nonnegative(),
  /** The last call across the boundary before the failure: arguments, input, files. */
  input: z.string().nullable(),
  expected: z.string().nullable(),
  observed: z.string().nullable(),
  message: z.string().nullable(),
  duration_ms: z.int().nonnegative(),
});
export type TestResult = z.infer<typeof TestResult>;

export const CanaryResults = z.record(z.string(), z.enum(["contained", "escaped", "not_applicable"]));

export const EnvironmentFacts = z.strictObject({
  sandbox_level: z.enum(SANDBOX_LEVELS),
  canaries: CanaryResults,
  kernel: z.string(),
  toolchain: z.record(z.string(), z.string()),
  launcher_sha256: z.string().nullable(),
  /** Program that isolates, with its version where it has one; null in verdicts from before it was recorded, like the next two. */
  isolator: z.string().nullable().default(null),
  runtime: z.enum(KERNEL_KINDS).nullable().default(null),
  /** Of the filter's bytes, as the kernel loads them. */
  seccomp_sha256: z.string().nullable().default(null),
});
export type EnvironmentFacts = z.infer<typeof EnvironmentFacts>;

export const EvidenceItem = z.strictObject({
  kind: z.enum([
    "acceptance_run",
    "stub_run",
    "body_removal_run",
    "confirmation_run",
    "mutation_run",
    "own_tests",
    "plan_import",
    "dependency_resolution",
  ]),
  command: z.array(z.string()),
  exit_code: z.int().nullable(),
  /** What ended it: exit, timeout, memory, output, killed, spawn_failed. */
  reason: z.string(),
  output: z.string(),
  tree_sha256: z.string().nullable(),
  duration_ms: z.int().nonnegative(),
});
export type EvidenceItem = z.infer<typeof EvidenceItem>;

/**
 * What the tests reached of the delivered product's code, function by function. The product's own processes say it: shown,
 * never decisive.
 */
export const Coverage = z.strictObject({
  functions: z.int().nonnegative(),
  functions_reached: z.int().nonnegative(),
  requirements: z.array(z.strictObject({ requirement_id: z.string(), functions_reached: z.int().nonnegative() })),
  /** The first 200 that have functions, by path; none in verdicts from before it was recorded. */
  files: z
    .array(
      z.strictObject({
        path: z.string(),
        functions: z.int().positive(),
        functions_reached: z.int().nonnegative(),
      }),
    )
    .default([]),
  /** The first 200 that no test reached; `name` with what it lies in, such as `Wallet.withdraw`. */
  unreached: z.array(z.strictObject({ path: z.string(), name: z.string(), line: z.int().positive() })),
});
export type Coverage = z.infer<typeof Coverage>;

/** Of an assembled product: every test that passed was run again under other circumstances. */
export const SecondRun = z.strictObject({
  /** How many were run again. */
  tests: z.int().nonnegative(),
  agreed: z.int().nonnegative(),
  /** By how much the clock was ahead; 0 where nothing could move it. */
  clock_offset_s: z.int().nonnegative(),
  /** Tests of which two runs on the same tree disagreed, those among them that failed first and passed when they were repeated. */
  disagreed: z.array(
    z.strictObject({
      test_id: z.string(),
      requirement_ids: z.array(z.string()),
      /** What the runs showed, as a sentence. */
      because: z.string(),
    }),
  ),
});
export type SecondRun = z.infer<typeof SecondRun>;

/**
 * How many changes of the delivered product its tests noticed, of a sample made in functions that they reach. A survivor
 * is a change that no test noticed.
 */
export const Mutation = z.strictObject({
  sampled: z.int().nonnegative(),
  killed: z.int().nonnegative(),
  /** The time for it was over. */
  not_run: z.int().nonnegative(),
  survived: z.array(
    z.strictObject({
      path: z.string(),
      function: z.string(),
      line: z.int().positive(),
      operator: z.string(),
      /** What was different, in words. */
      behaviour: z.string(),
      requirement_ids: z.array(z.string()),
    }),
  ),
});
export type Mutation = z.infer<typeof Mutation>;

export const VerificationReport = z.strictObject({
  outcome: z.enum(VERIFICATION_OUTCOMES),
  findings: z.array(Finding),
  verdicts: z.array(
    z.strictObject({
      requirement_id: z.string(),
      verdict: z.enum(VERDICTS),
      tests_passed: z.int().nonnegative(),
      tests_total: z.int().nonnegative(),
      detail: z.string(),
    }),
  ),
  tests: z.array(TestResult),
  /** Ids of tests that passed on the stub: guards, which count only after they died under a body removal. */
  guards: z.array(z.string()).default([]),
  evidence: z.array(EvidenceItem),
  environment: EnvironmentFacts.nullable(),
  /** Of a plan that names dependencies: what was fetched for it. */
  dependencies: DependencyResolution.optional(),
  /** Of an assembled product. */
  second_run: SecondRun.optional(),
  /** Of an assembled product. */
  coverage: Coverage.optional(),
  /** Of an assembled product that was accepted. */
  mutation: Mutation.optional(),
});
export type VerificationReport = z.infer<typeof VerificationReport>;
