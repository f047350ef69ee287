import { z } from "zod";
import { TASK_STATUSES } from "../../enums/task.ts";
import { BLOCK_DISPOSITIONS, TEST_OUTCOMES, VERDICTS } from "../../enums/verification.ts";
import { PrdBlock } from "../prd.ts";
import { Requirement } from "../requirements-product.ts";
import { Id, Timestamp } from "./conventions.ts";
import { RequirementCounts } from "./run.ts";

/** Where a requirement stands. `pass` only from executed tests; a person's word has words of its own. */
export const REQUIREMENT_STATES = [
  "pass",
  "fail",
  "inconclusive",
  "not_run",
  "inspection",
  "set_aside",
  "overridden",
] as const;

const CoverageBlock = PrdBlock.extend({
  disposition: z.enum(BLOCK_DISPOSITIONS).nullable().meta({ description: "null until the requirements are accepted" }),
  reason: z.string().nullable(),
  set_aside_by: Id.nullable(),
  requirements: z.array(z.string()).meta({ description: "keys of the requirements that cite it" }),
}).meta({ id: "CoverageBlock" });

export const CoverageTest = z.strictObject({
  test_id: z.string(),
  title: z.string(),
  outcome: z.enum(TEST_OUTCOMES).nullable(),
  assertions: z.int().nullable(),
  guard: z.boolean().nullable(),
});

export const CoverageRequirement = z
  .strictObject({
    id: Id,
    key: z.string(),
    state: z.enum(REQUIREMENT_STATES),
    verdict: z.enum(VERDICTS).nullable().meta({ description: "the newest that counts, by the Auditor" }),
    ...Requirement.omit({ id: true }).shape,
    acceptance_criteria: z.array(z.string()),
    tasks: z.array(
      z.strictObject({
        id: Id,
        key: z.string(),
        title: z.string(),
        status: z.enum(TASK_STATUSES),
        closes: z.boolean(),
      }),
    ),
    tests: z.array(CoverageTest),
    evidence: z
      .strictObject({
        verification_id: Id,
        kind: z.string(),
        tests_passed: z.int(),
        tests_total: z.int(),
        detail: z.string(),
        tree_sha256: z.string().nullable(),
        report_sha256: z.string(),
        sandbox_level: z.string().nullable(),
        created_at: Timestamp,
      })
      .nullable(),
    override: z.strictObject({ verdict: z.string(), director_action_id: Id }).nullable(),
    inspection: z.strictObject({ verdict: z.string(), director_action_id: Id }).nullable(),
    set_aside_by: Id.nullable(),
  })
  .meta({ id: "CoverageRequirement" });

/** The coverage ledger of a run: every block of the PRD, and every requirement down to its evidence. */
export const Coverage = z
  .strictObject({
    run_id: Id,
    counts: RequirementCounts,
    blocks: z.array(CoverageBlock),
    data: z.array(CoverageRequirement),
    next_cursor: z.null(),
  })
  .meta({ id: "Coverage" });
export type Coverage = z.infer<typeof Coverage>;
