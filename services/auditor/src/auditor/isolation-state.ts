import type { EnvironmentFacts } from "@aura/shared/schemas/verification-report";

/** Measuring starts processes; a health check must not. After this time, in ms, it is measured again in the background. */
const FRESH_MS = 5 * 60_000;
const FRESH_AFTER_FAILURE_MS = 30_000;

interface Measured {
  readonly facts: Promise<EnvironmentFacts>;
  readonly until: number;
}

/**
 * What isolates generated code, as last measured; only the first call waits. Every run measures anew by itself: this is
 * for showing.
 *
 * @param measure rejects when nothing can isolate
 */
export function createIsolationState(measure: () => Promise<EnvironmentFacts>): () => Promise<EnvironmentFacts> {
  let last: Measured | null = null;
  let measuring = false;

  async function refresh(): Promise<EnvironmentFacts> {
    measuring = true;
    const facts = measure();
    const kept = await facts.then(
      () => FRESH_MS,
      () => FRESH_AFTER_FAILURE_MS,
    );
    last = { facts, until: performance.now() + kept };
    measuring = false;
    return facts;
  }

  return () => {
    if (last === null) return refresh();
    if (!measuring && performance.now() > last.until) void refresh().catch(() => undefined);
    return last.facts;
  };
}
