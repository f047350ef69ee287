import { z } from "zod";
import { OVERSIGHTS, RUN_STATUSES, STOP_REASONS } from "../../enums/run.ts";
import { TASK_STATUSES } from "../../enums/task.ts";
import { VERDICTS, VERIFICATION_OUTCOMES } from "../../enums/verification.ts";
import { DependencyResolution } from "../dependencies.ts";
import { AttachmentRef } from "../prd.ts";
import { Requirement } from "../requirements-product.ts";
import { SURVIVOR_ANSWERS, Survivor } from "../survivors.ts";
import { Coverage, EnvironmentFacts, Mutation, SecondRun } from "../verification-report.ts";
import { ReviewProduct } from "../work-products.ts";
import { Id, Sha256, Timestamp } from "./conventions.ts";
import { CoverageRequirement, CoverageTest, REQUIREMENT_STATES } from "./coverage.ts";
import { RequirementCounts, Spend } from "./run.ts";

const ReportedRequirement = z
  .strictObject({
    id: Id,
    key: z.string(),
    title: z.string(),
    priority: Requirement.shape.priority,
    verification_method: Requirement.shape.verification_method,
    state: z.enum(REQUIREMENT_STATES),
    verdict: z.enum(VERDICTS).nullable(),
    tests_passed: z.int(),
    tests_total: z.int(),
    detail: z.string(),
    tasks: z.array(z.string()).meta({ description: "keys of the tasks that worked on it" }),
    tests: z.array(CoverageTest),
    evidence: CoverageRequirement.shape.evidence,
  })
  .meta({ id: "ReportedRequirement" });

/** A person's word that stands where evidence would: marked for ever. */
export const ReportedDecision = z.strictObject({
  subject: z.string().meta({ description: "requirement key, task key or block id" }),
  verdict: z.string().nullable(),
  reason: z.string(),
  director_id: z.string(),
  director_action_id: Id,
  created_at: Timestamp,
});

/** What the confidence in a run is computed from; docs/architecture/CONFIDENCE.md says how. */
export const ConfidenceInputs = z.strictObject({
  requirements: z.int().meta({ description: "in scope" }),
  requirements_passed: z.int(),
  assembled: z.boolean().meta({ description: "the whole was judged, and accepted, as it is now" }),
  functions: z.int(),
  functions_reached: z.int(),
  mutants: z.int().meta({ description: "changes of the product that tests were tried on" }),
  mutants_killed: z.int(),
  tested: z.int().meta({ description: "requirements that pass by tests" }),
  tested_twice: z.int().meta({ description: "those with more than one test" }),
  reviews: z.int(),
  worst_doubt: z.enum(["low", "medium", "high"]).nullable(),
});
export type ConfidenceInputs = z.infer<typeof ConfidenceInputs>;

/**
 * What a run delivers with its software: per requirement what is known and how, what a person decided instead, what it
 * cost, and in `not_checked` what nobody looked at. It can be asked for at any time; `status` tells how final it is.
 */
export const DeliveryReport = z
  .strictObject({
    run_id: Id,
    project: z.string().nullable(),
    title: z.string(),
    status: z.enum(RUN_STATUSES),
    stop_reason: z.enum(STOP_REASONS).nullable(),
    generated_at: Timestamp,
    started_at: Timestamp.nullable(),
    finished_at: Timestamp.nullable(),
    oversight: z.enum(OVERSIGHTS),
    strict_policy: z.boolean(),
    provider: z.string().nullable(),
    model: z.string().nullable(),
    toolchain: z.string(),
    replay: z.boolean().meta({ description: "recorded replies: no model was asked" }),
    base_run_id: Id.nullable(),
    prd: z.strictObject({ title: z.string(), sha256: Sha256, attachments: z.array(AttachmentRef) }),
    plan: z.strictObject({ revision: z.int(), digest: Sha256 }).nullable(),
    dependencies: DependencyResolution.nullable().meta({
      description:
        "what the plan in force was given beyond its language, and what every product of it was verified with",
    }),
    suite: z.strictObject({ version: z.int(), sha256: Sha256, tests: z.int() }).nullable(),
    revision: z
      .strictObject({ id: Id, number: z.int(), tree_sha256: Sha256, files: z.int() })
      .nullable()
      .meta({ description: "what is delivered, else the landed head" }),
    verification: z
      .strictObject({
        id: Id,
        kind: z.string(),
        outcome: z.enum(VERIFICATION_OUTCOMES),
        report_sha256: Sha256,
        sandbox_level: z.string().nullable(),
        environment: EnvironmentFacts.nullable().meta({
          description: "what the product ran in, and what became of the programs that tried to break out of it",
        }),
        environment_sha256: Sha256.nullable(),
        auditor: z.string(),
        created_at: Timestamp,
        second_run: SecondRun.nullable().meta({
          description:
            "whether every pass happened again under other circumstances; null before the whole is judged, and in verdicts from before it was recorded",
        }),
        coverage: Coverage.nullable().meta({
          description:
            "functions that the tests reached, as the product's own processes say; null before the whole is judged",
        }),
        mutation: Mutation.nullable().meta({
          description: "changes of the product that its tests were tried on; null where none were tried",
        }),
      })
      .nullable()
      .meta({ description: "the newest judgement of exactly that tree" }),
    confidence: ConfidenceInputs.extend({
      score: z.number(),
      mistakes_noticed: z.number().meta({
        description:
          "share of the honest mistakes in what they reach that such tests notice, estimated by what was measured of others",
      }),
    })
      .nullable()
      .meta({
        description:
          "how much speaks for the verdicts, 0 to 1, with what it follows from; null before there are requirements",
      }),
    counts: RequirementCounts,
    requirements: z.array(ReportedRequirement),
    overrides: z.array(ReportedDecision),
    inspections: z.array(ReportedDecision),
    set_aside: z.array(ReportedDecision),
    disputes: z.array(
      z.strictObject({
        test_id: z.string(),
        basis: z.string(),
        ruling: z.enum(["upheld", "replaced"]).nullable(),
        suite_version: z.int().nullable().meta({ description: "version that replaced the test" }),
      }),
    ),
    survivors_returned: z
      .strictObject({
        task_status: z.enum(TASK_STATUSES),
        tests_added: z.array(z.string()),
        survivors: z.array(
          Survivor.extend({
            answer: z.enum(SURVIVOR_ANSWERS).nullable().meta({ description: "null: its author did not answer" }),
            basis: z.string().nullable(),
          }),
        ),
      })
      .nullable()
      .meta({
        description:
          "what no test noticed in the first accepted product and its test author was asked about, once; what the tests of now do not notice is `verification.mutation.survived`",
      }),
    assumptions: z.array(z.strictObject({ question: z.string(), assumption: z.string() })),
    answers: z.array(z.strictObject({ question: z.string(), answer: z.string() })),
    doubts: z.array(ReviewProduct.shape.doubts.element),
    not_checked: z.array(z.string()),
    attempts: z.array(
      z.strictObject({
        task_key: z.string(),
        title: z.string(),
        status: z.string(),
        attempts: z.int(),
        failures: z.int(),
      }),
    ),
    spend: Spend,
    model_calls: z.int(),
    ddl_guard: z.string(),
    attestation: z
      .strictObject({
        provenance_sha256: Sha256,
        test_result_sha256: Sha256,
        sbom_sha256: Sha256,
        key_id: z.string(),
        key_name: z.string(),
        created_at: Timestamp,
        links: z.strictObject({ attestation: z.string(), sbom: z.string() }),
      })
      .nullable()
      .meta({ description: "what the Auditor signed about the delivered tree; null where it signed nothing" }),
    checkpoint: z.string().nullable().meta({
      description:
        "newest signed checkpoint of the log with its cosignatures, where it covers all that happened in the run",
    }),
  })
  .meta({ id: "DeliveryReport" });
export type DeliveryReport = z.infer<typeof DeliveryReport>;
