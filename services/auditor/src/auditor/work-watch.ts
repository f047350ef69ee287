/** How soon stop_all, a cancelled run or a lost lease ends the work, in ms. */
const WATCH_INTERVAL_MS = 2000;

export interface WorkWatch {
  /** Aborted once the work must end and nothing may be recorded. */
  readonly signal: AbortSignal;
  release(): void;
}

/**
 * Asks again and again whether a piece of work may go on.
 *
 * @param mayGoOn renews the lease where there is one; false ends the work. An error counts as true: without a
 *   database nothing can be recorded anyway, and a lease that ran out meanwhile is refused then.
 * @param stopping ends the work as well: the process is asked to stop
 */
export function watchWork(mayGoOn: () => Promise<boolean>, stopping: AbortSignal): WorkWatch {
  const ending = new AbortController();
  let asking = false;
  const timer = setInterval(async () => {
    if (asking) return;
    asking = true;
    if (!(await mayGoOn().catch(() => true))) ending.abort(new Error("the work may not go on"));
    asking = false;
  }, WATCH_INTERVAL_MS);
  return { signal: AbortSignal.any([ending.signal, stopping]), release: () => clearInterval(timer) };
}
