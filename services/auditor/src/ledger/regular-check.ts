import type { Log } from "@aura/shared/log";
import type { Pool } from "@aura/shared/postgres/client";
import { type Alarm, raiseAlarms } from "../db/event-statements.ts";
import { type PollingLoop, startPolling } from "../polling-loop.ts";

/** Findings told in one round; where so much is wrong, the first ones say it. */
const TOLD_MAX = 100;
/** Until a check that could not be made yet is tried again, in ms. */
const WAIT_MS = 2000;

/** Result of the last check; null: none has ended yet. */
export type CheckState<Finding> = {
  readonly at: string;
  readonly findings: readonly Finding[];
  /** Why the last attempt told nothing; what was found before still counts. */
  readonly failed: string | null;
} | null;

export interface RegularCheck<Finding> extends PollingLoop {
  state(): CheckState<Finding>;
}

export interface CheckOptions<Finding> {
  readonly name: string;
  readonly intervalMs: number;
  /** Null: not now, ask again soon. */
  readonly look: (signal: AbortSignal) => Promise<readonly Finding[] | null>;
  /** The same for what is the same finding. */
  readonly keyOf: (finding: Finding) => string;
  readonly alarmOf: (finding: Finding) => Alarm;
  /** For the process's own log. */
  readonly said: string;
}

/** Looks at start and each `intervalMs`. Every finding is a critical event, once a process; a look that fails is no good sign. */
export function startRegularCheck<Finding>(
  pool: Pool,
  log: Log,
  holder: string,
  { name, intervalMs, look, keyOf, alarmOf, said }: CheckOptions<Finding>,
): RegularCheck<Finding> {
  const told = new Set<string>();
  let state: CheckState<Finding> = null;

  async function tell(findings: readonly Finding[]): Promise<void> {
    const fresh = findings.filter((finding) => !told.has(keyOf(finding))).slice(0, TOLD_MAX);
    if (fresh.length > 0) log.error({ findings: fresh.slice(0, 10) }, said);
    await raiseAlarms(pool, holder, fresh.map(alarmOf));
    for (const finding of fresh) told.add(keyOf(finding));
  }

  const options = { name, log, idleMs: intervalMs, busyMs: Math.min(intervalMs, WAIT_MS) };
  const loop = startPolling(options, async (signal) => {
    try {
      const findings = await look(signal);
      if (findings === null) return true;
      state = { at: new Date().toISOString(), findings, failed: null };
      await tell(findings);
      return false;
    } catch (error) {
      const failed = (error as Error).message;
      state = { at: new Date().toISOString(), findings: state?.findings ?? [], failed };
      throw error;
    }
  });
  return { ...loop, state: () => state };
}
