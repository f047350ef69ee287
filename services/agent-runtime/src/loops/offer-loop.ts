import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "@aura/shared/log";
import type { Queryable } from "@aura/shared/postgres/client";
import { type RuntimeFacts, registerRuntime } from "../db/runtime-statements.ts";

const LOOK_MS = 30_000;

/**
 * Looks every half minute which providers can be used, and registers anew when that has changed: a model server that was
 * started later is offered without a restart, one that went away is not assigned to.
 *
 * @param runtime what is registered; its providers are kept up to date here
 */
export function keepOffers(
  db: Queryable,
  runtime: RuntimeFacts & { providers: readonly string[] },
  offered: () => Promise<string[]>,
  log: Log,
  lookMs = LOOK_MS,
): { stop(): void } {
  const ended = new AbortController();

  async function look(): Promise<void> {
    const providers = await offered();
    if (providers.join() === runtime.providers.join()) return;
    await registerRuntime(db, { ...runtime, providers });
    runtime.providers = providers;
    log.info({ providers }, "offers other providers now");
  }

  void (async () => {
    while (!ended.signal.aborted) {
      await sleep(lookMs, undefined, { signal: ended.signal, ref: false }).catch(() => undefined);
      if (!ended.signal.aborted)
        await look().catch((error: unknown) => log.warn({ err: error }, "offers not looked at"));
    }
  })();
  return { stop: () => ended.abort() };
}
