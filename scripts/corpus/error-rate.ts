/** How often something went wrong in `of` cases, with the exact 95 % interval of Clopper and Pearson. */
export interface ErrorRate {
  readonly errors: number;
  readonly of: number;
  readonly rate: number;
  readonly low: number;
  readonly high: number;
}

const TAIL = 0.025;

export function errorRate(errors: number, of: number): ErrorRate {
  const low = errors === 0 ? 0 : bisect((p) => 1 - atMost(errors - 1, of, p) < TAIL);
  const high = errors === of ? 1 : bisect((p) => atMost(errors, of, p) > TAIL);
  return { errors, of, rate: of === 0 ? 0 : errors / of, low, high };
}

/** `0 of 60: 0.0 % (95 % interval 0.0 % to 6.0 %)` */
export function rateText({ errors, of, rate, low, high }: ErrorRate): string {
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  return `${errors} of ${of}: ${percent(rate)} (95 % interval ${percent(low)} to ${percent(high)})`;
}

/** The probability of at most `k` errors in `n` cases, each with probability `p`. */
function atMost(k: number, n: number, p: number): number {
  let term = (1 - p) ** n;
  let sum = term;
  for (let i = 1; i <= k; i += 1) {
    term *= ((n - i + 1) / i) * (p / (1 - p));
    sum += term;
  }
  return sum;
}

/** The place between 0 and 1 up to which `holds`. */
function bisect(holds: (p: number) => boolean): number {
  let [from, to] = [0, 1];
  for (let step = 0; step < 60; step += 1) {
    const middle = (from + to) / 2;
    if (holds(middle)) from = middle;
    else to = middle;
  }
  return from;
}
