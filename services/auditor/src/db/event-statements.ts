import type { Queryable } from "@aura/shared/postgres/client";
import { callVerb } from "@aura/shared/postgres/verbs";
import { invariant } from "@aura/shared/problems";
import { auditorContext } from "./context.ts";

/** What the Auditor noticed and no row change tells; all of it is critical. */
export interface Alarm {
  readonly event_type:
    | "archive.mismatch"
    | "attestation.failed"
    | "log.contradicted"
    | "log.mismatch"
    | "log.refused"
    | "posture.violated"
    | "replay.mismatch"
    | "sandbox.escaped"
    | "sandbox.unavailable";
  readonly subject_type: string;
  readonly subject_id: string;
  /** One sentence. */
  readonly description: string;
  /** Kept apart from the event, byte for byte, and erasable; anything but bytes as JSON. */
  readonly payload?: unknown;
}

/** Appends an event of severity critical for each alarm. Source: database/functions/append_events.sql */
export async function raiseAlarms(db: Queryable, holder: string, alarms: readonly Alarm[]): Promise<void> {
  const events = alarms.map((alarm) => ({ ...toEvent(alarm), severity: "critical" }));
  const outcomes = await callVerb(db, "append_events", auditorContext(holder), events);
  const refused = outcomes.find(({ outcome }) => outcome === "refused");
  invariant(refused === undefined, `the Auditor may append its alarms (${refused?.code}: ${refused?.detail})`);
}

/** Hostile text must not keep an alarm from being recorded: what Postgres cannot hold as text is replaced, payloads are bytes. */
function toEvent({ payload, description, subject_id, ...alarm }: Alarm) {
  const bytes = payload instanceof Uint8Array || payload === undefined ? payload : JSON.stringify(payload);
  const text = { description: storable(description), subject_id: storable(subject_id) };
  if (bytes === undefined) return { ...alarm, ...text };
  return { ...alarm, ...text, payload_base64: Buffer.from(bytes).toString("base64") };
}

function storable(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\ufffd");
}

/** Appends an event that says that the posture was checked. @returns its id; null when the database refused it */
export async function appendCanary(db: Queryable, holder: string, findings: number): Promise<string | null> {
  const canary = { event_type: "posture.checked", severity: "info", subject_type: "schema", subject_id: "public" };
  const event = { ...canary, description: `posture checked, ${findings} findings` };
  const [outcome] = await callVerb(db, "append_events", auditorContext(holder), [event]);
  return outcome?.outcome === "done" ? outcome.id : null;
}
