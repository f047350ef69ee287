/** Lets at most `limit` pieces of work run at once; the others wait in order of arrival. */
export class Semaphore {
  private readonly limit: number;
  private readonly waiting: (() => void)[] = [];
  private running = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= this.limit) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.running += 1;
    try {
      return await work();
    } finally {
      const next = this.waiting.shift(); // hands its place over, so nobody slips in between
      if (next === undefined) this.running -= 1;
      else next();
    }
  }
}
