import { setTimeout as sleep } from "node:timers/promises";

/** Tries of one call when the failed ones cost nothing. */
export const TRIES_MAX = 6;
/** Tries when each may have been paid for: time-outs, cut connections, unreadable replies. */
export const COSTLY_TRIES_MAX = 3;
const BASE_MS = 1_000;
const CAP_MS = 60_000;
const ASKED_MS_MAX = 120_000;

/**
 * How long to wait before try `tried + 1`: full jitter over an exponential window, never less than what the provider
 * asked for, and never more than two minutes, because a person is better told than kept waiting.
 *
 * @param tried tries made so far, from 1
 * @param random in [0, 1)
 */
export function retryDelayMs(tried: number, askedMs: number | null, random: number): number {
  const jittered = Math.min(CAP_MS, BASE_MS * 2 ** (tried - 1)) * random;
  if (askedMs === null) return jittered;
  return Math.min(ASKED_MS_MAX, askedMs) + Math.min(1_000, jittered);
}

/** Sleeps, unless the signal ends it first. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw error;
  });
}
