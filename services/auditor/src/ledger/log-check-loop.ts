import type { Log } from "@aura/shared/log";
import type { Pool } from "@aura/shared/postgres/client";
import { raiseAlarms } from "../db/event-statements.ts";
import { type PollingLoop, startPolling } from "../polling-loop.ts";
import { checkLog, type LogFinding } from "./log-check.ts";

/** Result of the last check of all events; null: none has ended yet. */
export type LogState = { readonly at: string; readonly findings: readonly LogFinding[] } | null;

export interface LogCheckLoop extends PollingLoop {
  state(): LogState;
}

/** Looks at the whole log at start and each `intervalMs`. Every finding is a critical event, once a process. */
export function startLogCheck(pool: Pool, log: Log, holder: string, intervalMs: number): LogCheckLoop {
  const told = new Set<string>();
  let state: LogState = null;
  const loop = startPolling({ name: "log check", log, idleMs: intervalMs, busyMs: intervalMs }, async (signal) => {
    const findings = await checkLog(pool, signal);
    if (signal.aborted) return false;
    state = { at: new Date().toISOString(), findings };
    const fresh = findings.filter((finding) => !told.has(keyOf(finding)));
    if (fresh.length > 0) log.error({ findings: fresh.slice(0, 10) }, "the log is not the one that was written");
    await raiseAlarms(pool, holder, fresh.map(alarmOf));
    for (const finding of fresh) told.add(keyOf(finding));
    return false;
  });
  return { ...loop, state: () => state };
}

function keyOf({ seq, what }: LogFinding): string {
  return `${seq} ${what}`;
}

function alarmOf({ seq, what }: LogFinding) {
  const description = `The log is not the one that was written: ${seq === null ? "" : `event ${seq}, `}${what}.`.slice(
    0,
    200,
  );
  return { event_type: "log.mismatch" as const, subject_type: "log", subject_id: String(seq ?? ""), description };
}
