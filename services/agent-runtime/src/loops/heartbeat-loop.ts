import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "@aura/shared/log";
import { type Queryable, sqlState } from "@aura/shared/postgres/client";
import { beatRuntime, type RuntimeFacts, registerRuntime } from "../db/runtime-statements.ts";
import type { Leases } from "../execution/lease.ts";

/** A task of a runtime that died is given to another one after this; the Manager looks for it every second. */
export const LEASE_S = 25;
/** Between the moment work stops by itself and the moment the database may give the task away. */
export const LEASE_MARGIN_S = 5;
/** The Manager counts a runtime as gone after 20 s without one (RUNTIME_SILENCE_S_MAX). */
const BEAT_MS = 5_000;
const BEAT_TIMEOUT_MS = 4_000;
const ENFORCE_MS = 1_000;
const UNKNOWN_TOKEN = "AU005";

export interface Heartbeat {
  /** Milliseconds since the database last answered a beat. */
  sinceLastMs(): number;
  stop(): void;
}

/**
 * Renews the leases every five seconds and ends work whose lease is not believed any more. A beat that hangs is passed
 * over: its answer, when it comes, still counts from the moment it was sent.
 */
export function startHeartbeat(db: Queryable, runtime: RuntimeFacts, leases: Leases, log: Log): Heartbeat {
  const ended = new AbortController();
  let lastAt = performance.now();

  async function beat(): Promise<void> {
    const sentAt = performance.now();
    const asked = leases.held;
    const held = await beatRuntime(db, runtime.token, asked, LEASE_S);
    leases.renew(asked, held, sentAt);
    lastAt = Math.max(lastAt, sentAt);
  }

  /** A database that was put back to an earlier state does not know this runtime any more. */
  async function recover(error: unknown): Promise<void> {
    log.warn({ err: error }, "beat failed");
    if (sqlState(error) !== UNKNOWN_TOKEN) return;
    await registerRuntime(db, runtime).catch((again: unknown) => log.warn({ err: again }, "not registered again"));
  }

  const enforcing = setInterval(() => leases.enforce(), ENFORCE_MS);
  void (async () => {
    while (!ended.signal.aborted) {
      const timeout = sleep(BEAT_TIMEOUT_MS, undefined, { ref: false });
      const beaten = beat().catch(recover);
      await Promise.race([beaten, timeout]);
      await sleep(BEAT_MS, undefined, { signal: ended.signal }).catch(() => undefined);
    }
  })();

  return {
    sinceLastMs: () => performance.now() - lastAt,
    stop() {
      clearInterval(enforcing);
      ended.abort();
    },
  };
}
