import type { Log } from "@aura/shared/log";

/** After an error: long enough not to fill the log while the database restarts. */
const ERROR_PAUSE_MS = 2000;
const WAKE = "wake";

export interface PollingOptions {
  readonly name: string;
  readonly log: Log;
  /** Pause after a step that found nothing, in ms; varied by a fifth so that several processes spread out. */
  readonly idleMs: number;
  /** Pause after a step that did something, in ms. */
  readonly busyMs: number;
}

export interface PollingLoop {
  /** Ends the pause, or the next one when a step is under way: there may be something to do. */
  wake(): void;
  /** Resolves when the step under way has ended; no other begins. */
  stop(): Promise<void>;
}

/**
 * Repeats `step` until stopped. An error is logged and the step is tried again: whatever it held is under a lease.
 *
 * @param step returns true when it found something to do
 */
export function startPolling(options: PollingOptions, step: (signal: AbortSignal) => Promise<boolean>): PollingLoop {
  const stopping = new AbortController();
  const bell = new EventTarget();
  const running = repeat(options, step, bell, stopping.signal);
  return {
    wake: () => void bell.dispatchEvent(new Event(WAKE)),
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

async function repeat(
  options: PollingOptions,
  step: (signal: AbortSignal) => Promise<boolean>,
  bell: EventTarget,
  signal: AbortSignal,
) {
  let woken = false;
  bell.addEventListener(WAKE, () => {
    woken = true;
  });
  while (!signal.aborted) {
    woken = false;
    const ms = await pauseAfter(options, step, signal);
    if (!woken || ms === ERROR_PAUSE_MS) await pause(ms, bell, signal);
  }
}

async function pauseAfter(
  { name, log, idleMs, busyMs }: PollingOptions,
  step: (signal: AbortSignal) => Promise<boolean>,
  signal: AbortSignal,
): Promise<number> {
  try {
    return (await step(signal)) ? busyMs : idleMs * (0.8 + 0.4 * Math.random());
  } catch (error) {
    if (!signal.aborted) log.error({ loop: name, err: error }, "a step failed and will be tried again");
    return ERROR_PAUSE_MS;
  }
}

function pause(ms: number, bell: EventTarget, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted || ms <= 0) return setImmediate(resolve);
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      bell.removeEventListener(WAKE, end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
    if (ms !== ERROR_PAUSE_MS) bell.addEventListener(WAKE, end);
  });
}
