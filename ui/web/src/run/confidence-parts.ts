import type { DeliveryReport } from "@aura/shared/schemas/api/report";
import { counted, type Level } from "../lib/format.ts";

export type Confidence = NonNullable<DeliveryReport["confidence"]>;

/**
 * One thing that speaks for the verdicts. How much it weighs is the Manager's to know. Of a product that is not accepted as a whole
 * what its tests reach and notice is not counted, and the numbers are 0 of 0.
 */
export interface ConfidencePart {
  readonly label: string;
  readonly part: number;
  readonly of: number;
  readonly said: string;
  readonly level: Level;
  /** What is missing of it, in words; null where nothing is, and where what is missing keeps the number from nothing. */
  readonly gap: string | null;
}

const DOUBTS = ["high", "medium", "low"] as const;

export function confidenceParts(inputs: Confidence): ConfidencePart[] {
  const { requirements, requirements_passed, mutants, mutants_killed } = inputs;
  const { functions, functions_reached, tested, tested_twice } = inputs;
  return [
    part("Requirements that hold", requirements_passed, requirements, {
      none: "no requirement is in scope",
      short: (n) => `${counted(n, "requirement")} that ${n === 1 ? "does" : "do"} not hold`,
      level: "bad",
    }),
    part("Changes that tests noticed", mutants_killed, mutants, {
      none: "no change of the product was tried on the tests",
      short: (n) => `${counted(n, "change")} that no test noticed`,
    }),
    part("Functions that tests reached", functions_reached, functions, {
      none: "nothing shows which functions the tests reach",
      short: (n) => `${counted(n, "function")} that no test reaches`,
    }),
    { ...part("Requirements tested more than once", tested_twice, tested), gap: null },
    reviewPart(inputs),
  ];
}

/**
 * What keeps the number from being higher: a requirement that fails and a whole that nobody judged before all, then the widest gap
 * first. A doubt has no width and comes last.
 */
export function confidenceGaps(inputs: Confidence): string[] {
  const [requirements, ...others] = confidenceParts(inputs);
  const first = [
    ...(requirements?.gap == null ? [] : [requirements.gap]),
    ...(inputs.assembled ? [] : ["the product has not been accepted as a whole"]),
  ];
  if (!inputs.assembled) return first; // the other gaps follow from that
  const shares = others.slice(0, -1).toSorted((a, b) => missing(b) - missing(a));
  return [...first, ...[...shares, ...others.slice(-1)].flatMap(({ gap }) => gap ?? [])];
}

const missing = ({ part, of }: ConfidencePart) => (of === 0 ? 1 : 1 - part / of);

interface Words {
  readonly none: string;
  readonly short: (missing: number) => string;
  /** Where something is missing. */
  readonly level?: Level;
}

function part(label: string, done: number, of: number, words?: Words): ConfidencePart {
  if (of === 0) return { label, part: 0, of, said: "not counted", level: "plain", gap: words?.none ?? null };
  const said = `${done} of ${of}`;
  if (done === of) return { label, part: done, of, said, level: "good", gap: null };
  const level = words === undefined ? "plain" : (words.level ?? "warn");
  return { label, part: done, of, said, level, gap: words?.short(of - done) ?? null };
}

/** The steps from the gravest doubt to none: a place in an order, and no measure. Low doubts keep the number from nothing. */
function reviewPart({ reviews, worst_doubt }: Confidence): ConfidencePart {
  const label = "Worst doubt of reviews";
  if (reviews === 0) return { label, part: 0, of: 0, said: "no review", level: "plain", gap: null };
  const of = DOUBTS.length;
  if (worst_doubt === null) return { label, part: of, of, said: "none", level: "good", gap: null };
  const part = DOUBTS.indexOf(worst_doubt);
  if (worst_doubt === "low") return { label, part, of, said: worst_doubt, level: "plain", gap: null };
  const level = worst_doubt === "high" ? "bad" : "warn";
  return { label, part, of, said: worst_doubt, level, gap: `a reviewer's ${worst_doubt} doubt` };
}
