/** Taken when an agent says nothing usable: no information either way. */
const SELF_CONFIDENCE_UNKNOWN = 0.5;

const WORDS: Readonly<Record<string, number>> = { low: 0.25, medium: 0.5, high: 0.85 };

/**
 * How sure an agent says it is, as a number from 0 to 1 with three decimals, whatever way it wrote it: 0.8, "0.8",
 * 80, "80%", "high". Recorded beside the verdict to see how well agents know themselves; it decides nothing.
 */
export function normaliseSelfConfidence(value: unknown): number {
  const number = toNumber(value);
  if (number === null || !Number.isFinite(number) || number < 0 || number > 100) return SELF_CONFIDENCE_UNKNOWN;
  const share = number > 1 ? number / 100 : number;
  return Math.round(share * 1000) / 1000;
}

function toNumber(value: unknown): number | null {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return null;
  const text = value.trim().toLowerCase();
  const word = WORDS[text];
  if (word !== undefined) return word;
  const digits = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(text);
  if (digits === null) return null;
  return digits[2] === "%" ? Number(digits[1]) / 100 : Number(digits[1]);
}
