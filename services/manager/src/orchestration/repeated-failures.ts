/** Failures in a row after which a person is asked. */
const FAILURES_MAX = 5;

interface Failing {
  readonly run_id: string;
  readonly times: number;
}

/**
 * Counts, for each piece of work, how often it failed in a row, so that nothing is tried in silence for ever. In memory
 * only: a restarted Manager tries afresh.
 */
export class RepeatedFailures {
  readonly #failing = new Map<string, Map<string, Failing>>();

  /** @returns true when `what` has failed too often for this subject */
  failed(what: string, subject: string, run_id: string): boolean {
    const subjects = this.#failing.get(what) ?? new Map<string, Failing>();
    this.#failing.set(what, subjects);
    const times = (subjects.get(subject)?.times ?? 0) + 1;
    subjects.set(subject, { run_id, times });
    return times >= FAILURES_MAX;
  }

  /** The work was done, or a person was asked about it. */
  forget(what: string, subject: string): void {
    this.#failing.get(what)?.delete(subject);
  }

  /** Forgets the subjects for which `what` is not due any more. */
  keepOnly(what: string, due: ReadonlySet<string>): void {
    const subjects = this.#failing.get(what);
    for (const subject of subjects?.keys() ?? []) if (!due.has(subject)) subjects?.delete(subject);
  }

  /** What a run is stuck in, in words for a person; null when it is not. */
  stuckIn(run_id: string): string | null {
    for (const [what, subjects] of this.#failing)
      for (const failing of subjects.values())
        if (failing.run_id === run_id && failing.times >= FAILURES_MAX) return stuckDetail(what);
    return null;
  }
}

export function stuckDetail(what: string): string {
  return `the step "${what}" failed ${FAILURES_MAX} times in a row; the Manager's log says why`;
}
