import { readJson } from "@aura/shared/postgres/blobs";
import type { Queryable } from "@aura/shared/postgres/client";
import type { ConfidenceInputs } from "@aura/shared/schemas/api/report";
import { VerificationReport } from "@aura/shared/schemas/verification-report";
import { ReviewProduct } from "@aura/shared/schemas/work-products";
import type { ConfidenceFacts } from "../db/orchestration-confidence.ts";
import { wilsonInterval } from "../hr/wilson.ts";

/** How much each kind of evidence adds; docs/architecture/CONFIDENCE.md gives the reasons. */
const WEIGHTS = { mutants: 0.4, functions: 0.3, tested_twice: 0.2, review: 0.1 };
const DOUBTED = { low: 1, medium: 0.5, high: 0 };
const SEVERITIES = ["high", "medium", "low"] as const;

/** What is known of a run: counts of its requirements, the accepted judgement of the assembled head if there is one, its reviews. */
export interface ConfidenceGround {
  readonly passed: number;
  readonly total: number;
  readonly assembly: VerificationReport | null;
  readonly reviews: readonly ReviewProduct[];
}

/** The inputs of a run, with what lies in blobs. */
export async function readConfidenceInputs(db: Queryable, facts: ConfidenceFacts): Promise<ConfidenceInputs> {
  const { passed, total, report_sha256 } = facts;
  const assembly = report_sha256 === null ? null : await readJson(db, report_sha256, VerificationReport);
  const reviews = await Promise.all(facts.reviews.map((sha256) => readJson(db, sha256, ReviewProduct)));
  return confidenceInputs({ passed, total, assembly, reviews });
}

export function confidenceInputs({ passed, total, assembly, reviews }: ConfidenceGround): ConfidenceInputs {
  const severities = reviews.flatMap(({ doubts }) => doubts.map(({ severity }) => severity));
  const tested = (assembly?.verdicts ?? []).filter(({ verdict, tests_total }) => verdict === "pass" && tests_total > 0);
  const { killed = 0, survived = [] } = assembly?.mutation ?? {};
  return {
    requirements: total,
    requirements_passed: passed,
    assembled: assembly !== null,
    functions: assembly?.coverage?.functions ?? 0,
    functions_reached: assembly?.coverage?.functions_reached ?? 0,
    mutants: killed + survived.length,
    mutants_killed: killed,
    tested: tested.length,
    tested_twice: tested.filter(({ tests_total }) => tests_total > 1).length,
    reviews: reviews.length,
    worst_doubt: SEVERITIES.find((severity) => severities.includes(severity)) ?? null,
  };
}

/**
 * 0 to 1, three decimals: the share of requirements that hold, halved where nothing but the verdict speaks for it, and whole
 * where all evidence does. It ranks; it is no probability.
 */
export function confidenceScore(inputs: ConfidenceInputs): number {
  const { requirements_passed, requirements, mutants_killed, mutants, worst_doubt, reviews } = inputs;
  const share = ratio(requirements_passed, requirements);
  if (!inputs.assembled) return rounded(share / 2);
  const evidence =
    WEIGHTS.mutants * (mutants === 0 ? 0 : wilsonInterval(mutants_killed, mutants).low) +
    WEIGHTS.functions * ratio(inputs.functions_reached, inputs.functions) +
    WEIGHTS.tested_twice * ratio(inputs.tested_twice, inputs.tested) +
    WEIGHTS.review * (reviews === 0 ? 0 : worst_doubt === null ? 1 : DOUBTED[worst_doubt]);
  return rounded(share * (0.5 + evidence / 2));
}

const ratio = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
const rounded = (score: number) => Math.round(score * 1000) / 1000;
