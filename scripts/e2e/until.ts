import { setTimeout as sleep } from "node:timers/promises";

const LOOK_AGAIN_MS = 100;

/** Waits for something to be true, never for time. */
export async function until(isTrue: () => boolean | Promise<boolean>, seconds = 60): Promise<void> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(LOOK_AGAIN_MS))
    if (await isTrue()) return;
  throw new Error(`it did not happen in ${seconds} s`);
}
