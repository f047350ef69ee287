import { parseEnvelope } from "@aura/shared/ledger/envelopes";
import type { Log } from "@aura/shared/log";
import { isUnavailable, type Pool } from "@aura/shared/postgres/client";
import { appendCanary } from "../db/event-statements.ts";
import { type Posture, readEnvelope, readPosture } from "../db/posture-statements.ts";
import { type Finding, findingsOf, findLastingRelease } from "./posture.ts";
import { type CheckState, type RegularCheck, startRegularCheck } from "./regular-check.ts";

/** A release is waited for no longer than this: who can write that one is open would blind the check for ever. */
const RELEASE_MAX_MS = 3_600_000;

export type PostureState = CheckState<Finding>;

/**
 * Compares the schema with its release, and proves that an event still lands, at start and each `intervalMs`. While there is a release,
 * it waits for its end.
 */
export function startPostureCheck(
  pool: Pool,
  log: Log,
  holder: string,
  intervalMs: number,
  releaseMaxMs = RELEASE_MAX_MS,
): RegularCheck<Finding> {
  let releasingSince: number | null = null;
  /** Whether what differs may be that release. */
  function isReleasing({ releasing }: Posture): boolean {
    if (releasing !== null) releasingSince ??= performance.now();
    else releasingSince = null;
    return releasingSince !== null && performance.now() - releasingSince < releaseMaxMs;
  }
  return startRegularCheck<Finding>(pool, log, holder, {
    name: "posture",
    intervalMs,
    look: async () => {
      const posture = await readPosture(pool);
      return isReleasing(posture) ? null : checkPosture(pool, holder, posture);
    },
    keyOf: ({ subject }) => subject,
    alarmOf,
    said: "the schema is not the one that was released",
  });
}

/** One check: the findings, that of the canary among them. */
export async function checkPosture(pool: Pool, holder: string, posture: Posture): Promise<Finding[]> {
  const findings = [...findLastingRelease(posture), ...findingsOf(posture)];
  return (await landsCanary(pool, holder, findings.length))
    ? findings
    : [...findings, { subject: "table public.audit_events", what: "does not keep what is appended" }];
}

/** Whether an event that is appended is there afterwards, as it was appended. */
async function landsCanary(pool: Pool, holder: string, findings: number): Promise<boolean> {
  try {
    const id = await appendCanary(pool, holder, findings);
    const bytes = id === null ? null : await readEnvelope(pool, id);
    const envelope = bytes === null ? null : parseEnvelope(bytes);
    return envelope?.id === id && envelope?.event_type === "posture.checked" && envelope.actor_id === holder;
  } catch (error) {
    if (isUnavailable(error)) throw error;
    return false;
  }
}

function alarmOf({ subject, what }: Finding) {
  const description = `The schema was changed outside of a release: ${subject} ${what}.`.slice(0, 200);
  return { event_type: "posture.violated" as const, subject_type: "schema", subject_id: subject, description };
}
