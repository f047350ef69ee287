/** Two-sided 95 % quantile of the normal distribution. */
const Z = 1.959964;

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Wilson score interval (95 %) of a rate. Unlike the plain ± it stays inside 0..1 and honest for small numbers.
 * Source: E. B. Wilson, JASA 22 (1927) 209.
 *
 * @param successes 0 to `trials`
 * @param trials at least 1
 */
export function wilsonInterval(successes: number, trials: number): Interval {
  const rate = successes / trials;
  const z2 = Z * Z;
  const centre = rate + z2 / (2 * trials);
  const spread = Z * Math.sqrt((rate * (1 - rate)) / trials + z2 / (4 * trials * trials));
  const scale = 1 + z2 / trials;
  return { low: Math.max(0, (centre - spread) / scale), high: Math.min(1, (centre + spread) / scale) };
}
