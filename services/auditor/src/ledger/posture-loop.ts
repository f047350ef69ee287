import { parseEnvelope } from "@aura/shared/ledger/envelopes";
import type { Log } from "@aura/shared/log";
import type { Pool } from "@aura/shared/postgres/client";
import { appendCanary, raiseAlarms } from "../db/event-statements.ts";
import { readEnvelope, readPosture } from "../db/posture-statements.ts";
import { type PollingLoop, startPolling } from "../polling-loop.ts";
import { type Finding, findingsOf } from "./posture.ts";

/** Findings told one by one; of more, the first ones speak for all. */
const TOLD_MAX = 50;

/** Result of the last check; null: none has ended yet. */
export type PostureState = { readonly at: string; readonly findings: readonly Finding[] } | null;

export interface PostureLoop extends PollingLoop {
  state(): PostureState;
}

/**
 * Compares the schema with its release, and proves that an event still lands, at start and each `intervalMs`. Every finding is a
 * critical event, once a process.
 */
export function startPostureCheck(pool: Pool, log: Log, holder: string, intervalMs: number): PostureLoop {
  const told = new Set<string>();
  let state: PostureState = null;
  const loop = startPolling({ name: "posture", log, idleMs: intervalMs, busyMs: intervalMs }, async () => {
    const findings = await checkPosture(pool, holder);
    state = { at: new Date().toISOString(), findings };
    const fresh = findings.filter(({ subject }) => !told.has(subject)).slice(0, TOLD_MAX);
    if (fresh.length > 0) log.error({ findings: fresh }, "the schema is not the one that was released");
    await raiseAlarms(pool, holder, fresh.map(alarmOf));
    for (const { subject } of fresh) told.add(subject);
    return false;
  });
  return { ...loop, state: () => state };
}

/** One check: the findings, that of the canary among them. */
export async function checkPosture(pool: Pool, holder: string): Promise<Finding[]> {
  const findings = findingsOf(await readPosture(pool));
  return (await landsCanary(pool, holder, findings.length))
    ? findings
    : [...findings, { subject: "table public.audit_events", what: "does not keep what is appended" }];
}

/** Whether an event that is appended is there afterwards, as it was appended. */
async function landsCanary(pool: Pool, holder: string, findings: number): Promise<boolean> {
  const id = await appendCanary(pool, holder, findings);
  const bytes = id === null ? null : await readEnvelope(pool, id);
  const envelope = bytes === null ? null : parseEnvelope(bytes);
  return envelope?.id === id && envelope?.event_type === "posture.checked" && envelope.actor_id === holder;
}

function alarmOf({ subject, what }: Finding) {
  const description = `The schema was changed outside of a release: ${subject} ${what}.`.slice(0, 200);
  return { event_type: "posture.violated" as const, subject_type: "schema", subject_id: subject, description };
}
