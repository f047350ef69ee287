/** What was tried, and what got out, by number of the escape. */
export class Findings {
  private readonly tries = new Map<number, number>();
  private readonly effects = new Map<number, string[]>();

  tried(number: number, times = 1): void {
    this.tries.set(number, (this.tries.get(number) ?? 0) + times);
  }

  /** Something of that escape was seen where it must not be. */
  out(number: number, effect: string): void {
    this.effects.set(number, [...this.of(number), effect]);
  }

  /** The effect is there unless `contained`. */
  check(number: number, contained: boolean, effect: string): void {
    if (!contained) this.out(number, effect);
  }

  triesOf(number: number): number {
    return this.tries.get(number) ?? 0;
  }

  of(number: number): readonly string[] {
    return this.effects.get(number) ?? [];
  }
}
