import type { CorpusProduct, Submission } from "./corpus-files.ts";
import type { CorpusSystem, Judged } from "./corpus-system.ts";

export interface Result extends Judged {
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
const ALWAYS = new Set(["classes", "partial-no-undo", "empty-bodies", "suite-not-asserting"]);

/** @throws {Error} when nothing is chosen */
export function choose(products: readonly CorpusProduct[], choice: Choice): Case[] {
  const all = products.flatMap((product) => product.submissions.map((submission) => ({ product, submission })));
  const fitting = all.filter(
    ({ product, submission }) =>
      (choice.product === null || product.name === choice.product) &&
      (choice.only === null || submission.name.includes(choice.only)),
  );
  if (fitting.length === 0) throw new Error("no submission of the corpus is called so");
  return choice.sample === null ? fitting : sampleOf(fitting, choice.sample);
}

/** Spread evenly, the same each time. */
function sampleOf(cases: readonly Case[], count: number): Case[] {
  const always = cases.filter(({ submission }) => ALWAYS.has(submission.name));
  const others = cases.filter(({ submission }) => !ALWAYS.has(submission.name));
  const step = Math.max(1, others.length / Math.max(1, count - always.length));
  const spread = Array.from(
    { length: Math.ceil(others.length / step) },
    (_, index) => others[Math.floor(index * step)],
  );
  return [...always, ...spread.filter((one) => one !== undefined)].slice(0, count);
}

interface Running {
  readonly lanes: number;
  /** Hears of each submission as it is judged. */
  readonly tell: (result: Result, done: number) => void;
  /** Begins no further one once it is aborted. */
  readonly signal: AbortSignal;
}

/** Judges all, `lanes` at a time. */
export async function runCases(
  system: CorpusSystem,
  cases: readonly Case[],
  { lanes, tell, signal }: Running,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = [...cases];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined && !signal.aborted; next = waiting.shift()) {
      const { name, expected, kind, what } = next.submission;
      const judged = await system.judge(next.product, next.submission);
      const result = { product: next.product.name, name, expected, kind, what, ...judged };
      results.push(result);
      tell(result, results.length);
    }
  };
  await Promise.all(Array.from({ length: lanes }, work));
  const order = new Map(cases.map(({ product, submission }, index) => [`${product.name}/${submission.name}`, index]));
  const place = ({ product, name }: Result) => order.get(`${product}/${name}`) ?? 0;
  return results.sort((a, b) => place(a) - place(b));
}
