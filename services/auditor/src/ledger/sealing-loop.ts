import { EMPTY } from "@aura/shared/ledger/merkle";
import type { Log } from "@aura/shared/log";
import { sqlState } from "@aura/shared/postgres/client";
import { isStaleTerm } from "@aura/shared/postgres/verbs";
import { raiseAlarms } from "../db/event-statements.ts";
import { type PollingLoop, startPolling } from "../polling-loop.ts";
import { sealRunsOnce } from "./run-seals.ts";
import { SealRefused } from "./seal-refused.ts";
import { type SealerDeps, type SealOutcome, sealOnce } from "./sealer.ts";

/** Time between two checkpoints while there is something to sign, in ms. */
const BUSY_MS = 250;
const IDLE_MS = 250;
const LOCK_NOT_AVAILABLE = "55P03";

/** What this process last did about sealing; null: nothing yet. */
export type SealState = SealOutcome | { readonly kind: "refused"; readonly refusal: SealRefused } | null;

export interface Sealing extends PollingLoop {
  state(): SealState;
}

/** Seals the log again and again, and closes the books of runs. A refusal is a critical event, once, and stands in /readyz. */
export function startSealing(deps: Omit<SealerDeps, "memory">, log: Log): Sealing {
  const sealer = { ...deps, memory: { frontier: EMPTY } };
  const told = new Set<string>();
  let state: SealState = null;
  const loop = startPolling({ name: "sealing", log, idleMs: IDLE_MS, busyMs: BUSY_MS }, async () => {
    try {
      state = await sealOnce(sealer);
    } catch (error) {
      if (isTurnOfAnother(error)) return false;
      if (!(error instanceof SealRefused)) throw error;
      state = { kind: "refused", refusal: error };
      if (!told.has(error.code)) await tell(deps, log, error);
      told.add(error.code);
      return false;
    }
    if (state.kind === "standby") return false;
    await sealRunsOnce(deps.pool, deps.holder);
    return state.kind === "sealed";
  });
  return { ...loop, state: () => state };
}

function isTurnOfAnother(error: unknown): boolean {
  return isStaleTerm(error) || sqlState(error) === LOCK_NOT_AVAILABLE;
}

async function tell({ pool, holder }: Pick<SealerDeps, "pool" | "holder">, log: Log, refusal: SealRefused) {
  log.error({ code: refusal.code, detail: refusal.message, hint: refusal.hint }, "the log is not sealed");
  const description = `The log is not sealed: ${refusal.code}.`;
  const payload = { detail: refusal.message, hint: refusal.hint };
  const alarm = { event_type: "log.refused" as const, subject_type: "log", subject_id: refusal.code };
  await raiseAlarms(pool, holder, [{ ...alarm, description, payload }]);
}
