import { type RunningSystem, type StartOptions, start } from "./start.ts";

/**
 * Runs a system until `whenUp` has returned anything but `keep`, or Ctrl-C, SIGTERM or SIGHUP; then stops everything
 * in order.
 *
 * @param whenUp called once all is ready; its error stops the system and is thrown on
 */
export async function serve(
  options: StartOptions = {},
  whenUp: (system: RunningSystem) => Promise<unknown> = announce,
): Promise<void> {
  const asked = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => asked.abort());
  const stopAsked = untilAborted(asked.signal);
  let system: RunningSystem | null = null;
  try {
    system = await start({ ...options, signal: asked.signal });
    if ((await Promise.race([whenUp(system), stopAsked])) === "keep") await stopAsked;
  } catch (error) {
    if (!asked.signal.aborted) throw error; // asked to stop, what was going on may fail
  } finally {
    asked.abort();
    await system?.stop();
  }
}

async function announce(system: RunningSystem): Promise<"keep"> {
  console.error(
    `Aura_Orchestra runs: ${system.manager_url}/ is the dashboard (keys in ${system.home}/runtime.json). Ctrl-C stops it.`,
  );
  return "keep";
}

/** An open timer keeps the process alive; a pending promise alone would not. */
function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const alive = setInterval(() => undefined, 2 ** 30);
    signal.addEventListener("abort", () => {
      clearInterval(alive);
      resolve();
    });
  });
}
