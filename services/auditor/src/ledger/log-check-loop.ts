import type { Log } from "@aura/shared/log";
import type { Pool } from "@aura/shared/postgres/client";
import { readLogState } from "../db/sealing-statements.ts";
import { keptCheckpoint } from "./kept-checkpoint.ts";
import type { KeyFolder } from "./key-folder.ts";
import { checkLog, type LogFinding } from "./log-check.ts";
import { type CheckState, type RegularCheck, startRegularCheck } from "./regular-check.ts";

export type LogState = CheckState<LogFinding>;

/** Looks at the whole log at start and each `intervalMs`, and compares it with what lies in the Auditor's folder. */
export function startLogCheck(
  pool: Pool,
  log: Log,
  holder: string,
  folder: KeyFolder,
  intervalMs: number,
): RegularCheck<LogFinding> {
  return startRegularCheck<LogFinding>(pool, log, holder, {
    name: "log check",
    intervalMs,
    look: async (signal) => checkLog(pool, keptCheckpoint(folder, await readLogState(pool), []), signal),
    keyOf: ({ seq, what }) => `${seq} ${what}`,
    alarmOf,
    said: "the log is not the one that was written",
  });
}

function alarmOf({ seq, what }: LogFinding) {
  const place = seq === null ? "" : `event ${seq}, `;
  const description = `The log is not the one that was written: ${place}${what}.`.slice(0, 200);
  return { event_type: "log.mismatch" as const, subject_type: "log", subject_id: String(seq ?? ""), description };
}
