import { type RunningSystem, type StartOptions, start } from "./start.ts";

/**
 * Runs a system until Ctrl-C, SIGTERM or SIGHUP, then stops everything in order.
 *
 * @param whenUp called once all is ready; the system stops when it throws
 */
export async function serve(
  options: StartOptions = {},
  whenUp: (system: RunningSystem) => Promise<void> | void = announce,
): Promise<void> {
  const asked = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => asked.abort());
  let system: RunningSystem;
  try {
    system = await start({ ...options, signal: asked.signal });
  } catch (error) {
    if (asked.signal.aborted) return;
    throw error;
  }
  try {
    await whenUp(system);
    await untilAborted(asked.signal);
  } finally {
    console.error("Stopping");
    await system.stop();
  }
}

function announce(system: RunningSystem): void {
  console.error(
    `Aura_Orchestra runs: ${system.manager_url} (key and URLs in ${system.home}/runtime.json). Ctrl-C stops it.`,
  );
}

/** An open timer keeps the process alive; a pending promise alone would not. */
function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const alive = setInterval(() => undefined, 2 ** 30);
    signal.addEventListener("abort", () => {
      clearInterval(alive);
      resolve();
    });
  });
}
