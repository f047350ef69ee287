import { sha256Hex } from "@aura/shared/models/canonical-json";
import type { CorpusProduct, Submission } from "./corpus-files.ts";
import type { CorpusSystem, Judged } from "./corpus-system.ts";

export interface Result extends Omit<Judged, "run_id"> {
  readonly product: string;
  readonly name: string;
  readonly expected: Submission["expected"];
  readonly kind: string;
  readonly what: string;
}

export interface Case {
  readonly product: CorpusProduct;
  readonly submission: Submission;
}

/** A wrong product that was delivered as verified. */
export const isFalseAccept = ({ expected, accepted }: Result) => expected === "rejected" && accepted;
/** An honest product that was not. */
export const isFalseReject = ({ expected, accepted }: Result) => expected === "correct" && !accepted;

export interface Choice {
  readonly product: string | null;
  readonly only: string | null;
  readonly sample: number | null;
}

/** These are in every sample: each defends what was once a hole, or stands for a guard. */
const ALWAYS = new Set([
  "pricing/classes",
  "pricing/empty-bodies",
  "pricing/partial-negative-tax",
  "tickets/does-not-compile",
  "pricing/suite-answers-itself",
  "pantry/suite-tests-something-else",
  "pantry/dispute-replaced-by-weak",
]);

export const caseName = ({ product, submission }: Case) => `${product.name}/${submission.name}`;

/** Mixed, the same each time: whatever is done first of them is of all products and kinds. */
export function allCases(products: readonly CorpusProduct[]): Case[] {
  const all = products.flatMap((product) => product.submissions.map((submission) => ({ product, submission })));
  const place = new Map(all.map((one) => [one, sha256Hex(caseName(one))]));
  return all.toSorted((a, b) => ((place.get(a) ?? "") < (place.get(b) ?? "") ? -1 : 1));
}

/** @throws {Error} when nothing is chosen */
export function choose(products: readonly CorpusProduct[], { product, only, sample }: Choice): Case[] {
  const fitting = allCases(products).filter(
    (one) => (product === null || one.product.name === product) && (only === null || caseName(one).includes(only)),
  );
  if (fitting.length === 0) throw new Error("no submission of the corpus is called so");
  if (sample === null) return fitting;
  const always = fitting.filter((one) => ALWAYS.has(caseName(one)));
  return [...always, ...fitting.filter((one) => !always.includes(one))].slice(0, Math.max(sample, always.length));
}

interface Running {
  readonly lanes: number;
  /** Hears of each submission as it is judged. */
  readonly tell: (result: Result, done: number) => void;
  /** Begins no further one once it is aborted. */
  readonly signal: AbortSignal;
}

interface Judgements {
  readonly results: readonly Result[];
  /** What got no verdict: no part of any rate. */
  readonly unjudged: readonly string[];
}

/** Judges all, `lanes` at a time. */
export async function runCases(
  system: CorpusSystem,
  cases: readonly Case[],
  { lanes, tell, signal }: Running,
): Promise<Judgements> {
  const results: Result[] = [];
  const unjudged: string[] = [];
  const waiting = [...cases];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined && !signal.aborted; next = waiting.shift()) {
      const { name, expected, kind, what } = next.submission;
      const answer = await system.judge(next.product, next.submission);
      if (answer === null) {
        unjudged.push(caseName(next));
        continue;
      }
      const { run_id: _, ...judged } = answer;
      const result = { product: next.product.name, name, expected, kind, what, ...judged };
      results.push(result);
      tell(result, results.length);
    }
  };
  await Promise.all(Array.from({ length: lanes }, work));
  return { results, unjudged };
}
