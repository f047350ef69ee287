import { readJson } from "@aura/shared/postgres/blobs";
import type { Queryable } from "@aura/shared/postgres/client";
import type { ConfidenceInputs } from "@aura/shared/schemas/api/report";
import { VerificationReport } from "@aura/shared/schemas/verification-report";
import { ReviewProduct } from "@aura/shared/schemas/work-products";
import type { ConfidenceFacts } from "../db/orchestration-confidence.ts";

/**
 * Fitted to what suites of the corpus notice of honest mistakes: `npm run audit:calibrate`, and a test holds these figures against
 * what was measured (docs/operations/CONFIDENCE_CALIBRATION.md).
 */
export const CALIBRATION = { base: -0.24, changes: 0.38 };
/** What is left where a reviewer has such a doubt. Nobody measured these: a model's doubt is a reason to look, and no more. */
const DOUBTED = { low: 1, medium: 0.95, high: 0.85 };
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
 * 0 to 1, three decimals: the share of requirements that hold, times the share of honest mistakes that the tests behind them would
 * have noticed. A mistake in a function that no test reaches is noticed by none. It is no probability that the software is right.
 */
export function confidenceScore(inputs: ConfidenceInputs): number {
  const { requirements_passed, requirements, functions_reached, functions, worst_doubt } = inputs;
  const share = requirements === 0 ? 0 : requirements_passed / requirements;
  const reached = functions === 0 ? 1 : functions_reached / functions;
  return rounded(share * reached * mistakesNoticed(inputs) * DOUBTED[worst_doubt ?? "low"]);
}

/**
 * How many of the honest mistakes in what they reach such tests would notice, 0 to 1, three decimals: estimated by the changes
 * that they noticed of those that were tried. Where none were tried it is that of a suite which notices half of them.
 */
export function mistakesNoticed(inputs: ConfidenceInputs): number {
  return rounded(1 / (1 + Math.exp(-(CALIBRATION.base + CALIBRATION.changes * changesNoticed(inputs)))));
}

/** What the estimate is made from: the logarithm of changes noticed to changes missed, each with one more. */
export function changesNoticed({ mutants, mutants_killed }: ConfidenceInputs): number {
  return Math.log((mutants_killed + 1) / (mutants - mutants_killed + 1));
}

const rounded = (score: number) => Math.round(score * 1000) / 1000;
