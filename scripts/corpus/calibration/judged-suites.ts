import { sha256Hex } from "@aura/shared/models/canonical-json";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { ConfidenceInputs } from "@aura/shared/schemas/api/report";
import type { CorpusProduct, CorpusTest, Submission } from "../corpus-files.ts";
import type { CorpusSystem } from "../corpus-system.ts";
import { type Strength, thinSuite } from "./thin-suite.ts";

/** From the honest suite to one that asks for little more than an answer. */
const STRENGTHS: readonly Strength[] = [
  { tests: 1, statements: 1, comparisons: 1 },
  { tests: 1, statements: 1, comparisons: 0.5 },
  { tests: 1, statements: 0, comparisons: 1 },
  { tests: 1, statements: 0, comparisons: 0.2 },
  { tests: 0.5, statements: 1, comparisons: 1 },
  { tests: 0.5, statements: 0, comparisons: 0.7 },
  { tests: 0, statements: 1, comparisons: 1 },
  { tests: 0, statements: 0, comparisons: 0.6 },
  { tests: 0, statements: -1, comparisons: 0.3 },
];

/** A correct product together with a suite of some strength. */
export interface Trial {
  readonly name: string;
  readonly product: CorpusProduct;
  readonly solution: Submission;
  readonly suite: readonly CorpusTest[];
}

/** What became of it: what speaks for the delivery, or where it ended before there was one. */
export interface JudgedSuite {
  readonly name: string;
  readonly product: string;
  readonly tests: number;
  readonly end: string;
  readonly inputs: ConfidenceInputs | null;
}

/** @param rounds how often each correct product meets each strength, each time with another suite but for the whole one */
export function trialsOf(product: CorpusProduct, rounds: number): Trial[] {
  const solutions = product.submissions.filter(({ expected, kind }) => expected === "correct" && kind === "correct");
  return solutions.flatMap((solution) =>
    STRENGTHS.flatMap((strength, level) =>
      Array.from({ length: level === 0 ? 1 : rounds }, (_, round) => {
        const name = `${product.name}/${solution.name}/${level}.${round}`;
        const suite = thinSuite(product, strength, Number.parseInt(sha256Hex(name).slice(0, 8), 16));
        return { name, product, solution, suite };
      }),
    ),
  );
}

/** @returns null when there was no verdict in time */
export async function judgeSuite(system: CorpusSystem, trial: Trial): Promise<JudgedSuite | null> {
  const { name, product, solution, suite } = trial;
  const judged = await system.judge({ ...product, tests: suite }, solution);
  if (judged === null) return null;
  const { run_id, accepted, end, findings, failed_tests } = judged;
  const facts = { name, product: product.name, tests: suite.length };
  if (!accepted) return { ...facts, end: [end, ...findings, ...failed_tests].join(" "), inputs: null };
  const { confidence } = await system.api.call(OPERATIONS.getReport, { params: { run_id } });
  if (confidence === null) throw new Error(`the delivery of ${name} has no confidence`);
  const { score: _, ...inputs } = confidence;
  return { ...facts, end, inputs };
}
