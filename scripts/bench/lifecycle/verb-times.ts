/** How often each kind of call was made and how long its caller waited for it, in ms. */
export class VerbTimes {
  readonly #sums = new Map<string, { calls: number; ms: number }>();
  #serial = 0;

  async measure<T>(name: string, call: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    const result = await call();
    const sum = this.#sums.get(name) ?? { calls: 0, ms: 0 };
    this.#sums.set(name, { calls: sum.calls + 1, ms: sum.ms + performance.now() - begun });
    return result;
  }

  /** Another number at each call, for keys that must not meet. */
  serial(): number {
    this.#serial += 1;
    return this.#serial;
  }

  clear(): void {
    this.#sums.clear();
  }

  /** Longest first. */
  list(): { name: string; calls: number; ms: number }[] {
    return [...this.#sums].map(([name, sum]) => ({ name, ...sum })).sort((a, b) => b.ms - a.ms);
  }
}
