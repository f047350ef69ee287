/** Lets at most `limit` pieces of work run at once; the others wait in order of arrival. */
export class Semaphore {
  private readonly limit: number;
  private readonly waiting = new Set<() => void>();
  private running = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** @throws the signal's reason when it aborts before the work began */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    if (this.running >= this.limit) await this.turn(signal);
    else this.running += 1;
    try {
      return await work();
    } finally {
      const [next] = this.waiting; // hands its place over, so nobody slips in between
      if (next === undefined) this.running -= 1;
      else next();
    }
  }

  private turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.waiting.delete(take);
        reject(signal?.reason);
      };
      const take = () => {
        this.waiting.delete(take);
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      this.waiting.add(take);
      signal?.addEventListener("abort", leave, { once: true });
    });
  }
}
