import { isUtf8 } from "node:buffer";
import { hash } from "node:crypto";
import { decodeBase64 } from "./notes.ts";

/** What stands in the log about one event: RFC 8785 bytes of an object of texts. */
export interface Envelope {
  readonly v: string;
  readonly id: string;
  /** Number of the database transaction. */
  readonly tx: string;
  /** RFC 3339, UTC, microseconds: what the writer's clock said. */
  readonly at: string;
  readonly event_type: string;
  readonly source: string;
  readonly severity: string;
  readonly description: string;
  readonly actor_kind: string;
  readonly actor_id: string;
  readonly db_role: string;
  readonly request_id: string;
  readonly action_id: string;
  readonly run_id: string;
  readonly task_id: string;
  readonly subject_type: string;
  readonly subject_id: string;
  /** States before and after, where the subject has one. */
  readonly from: string;
  readonly to: string;
  /** Governed columns that changed; null: emptied. */
  readonly set: Readonly<Record<string, string | null>>;
  /** Hexadecimal SHA-256(salt || payload); empty where there is no payload. */
  readonly payload_sha256: string;
}

/** Every key with the form of its text, `set` left out; null: any text. */
const FORMS: Readonly<Record<Exclude<keyof Envelope, "set">, RegExp | null>> = {
  action_id: null,
  actor_id: null,
  actor_kind: /^[a-z_]+$/, // no list: who may act grows, and a checker of today must not call a log of tomorrow broken
  at: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/,
  db_role: null,
  description: null,
  event_type: /^[a-z0-9_]+\.[a-z0-9_]+$/,
  from: null,
  id: /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8000-[0-9a-f]{12}$/,
  payload_sha256: /^([0-9a-f]{64})?$/,
  request_id: null,
  run_id: /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})?$/,
  severity: /^(info|warning|critical)$/,
  source: null,
  subject_id: null,
  subject_type: null,
  task_id: /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})?$/,
  to: null,
  tx: /^(0|[1-9]\d{0,15})$/,
  v: /^1$/,
};
const TEXTS = Object.entries(FORMS);
const COLUMN = /^[a-z][a-z0-9_]*$/;
const BYTES_MAX = 65_535;

/**
 * Reads an envelope and insists on its only form: version 1, exactly these keys, each once and in order, nothing between them.
 *
 * @returns null for anything else
 */
export function parseEnvelope(bytes: Buffer): Envelope | null {
  return isUtf8(bytes) ? parseEnvelopeText(bytes.toString("utf8")) : null;
}

/** The same for bytes that were read as a text already. */
export function parseEnvelopeText(text: string): Envelope | null {
  const value = parseJson(text);
  if (!isObject(value) || !isObject(value.set) || Buffer.byteLength(text) > BYTES_MAX) return null;
  if (!TEXTS.every(([key, form]) => hasForm(value[key], form)) || !isSet(value.set)) return null;
  const envelope = value as unknown as Envelope;
  return canonical(envelope) === text && transactionOf(envelope.id) === Number(envelope.tx) ? envelope : null;
}

/** Number in the last 12 digits of an event's id: for one subject it rises in the order of the changes, across transactions too. */
export function counterOf({ id }: Envelope): number {
  return Number.parseInt(id.slice(-12), 16);
}

/** Generation of the log in which it was written: how often a backup was restored before, plus 1. */
export function generationOf({ id }: Envelope): number {
  return Number.parseInt(id.slice(0, 2), 16);
}

/** What the table of events says beside an envelope, in the order in which an export says it. */
export function columnsOf(envelope: Envelope): Readonly<Record<string, string>> {
  const { id, source, severity, description, at, event_type, run_id, task_id } = envelope;
  const { subject_type, subject_id, actor_kind, actor_id, tx } = envelope;
  return {
    ...{ id, source, severity, description, created_at: at, event_type, run_id, task_id },
    ...{ subject_type, subject_id, actor_kind, actor_id, tx },
  };
}

/**
 * What an envelope says of its payload: hexadecimal SHA-256(salt || payload).
 *
 * @param salt 32 bytes in hexadecimal @param bytes of the payload in base64
 * @returns null where one of them is in another form
 */
export function payloadSha256(salt: unknown, bytes: unknown): string | null {
  if (typeof salt !== "string" || typeof bytes !== "string" || !/^[0-9a-f]{64}$/.test(salt)) return null;
  const payload = bytes === "" ? Buffer.alloc(0) : decodeBase64(bytes);
  return payload === null ? null : hash("sha256", Buffer.concat([Buffer.from(salt, "hex"), payload]));
}

/** 52 bits: no more than a number holds exactly. */
function transactionOf(id: string): number {
  return Number.parseInt(id.slice(2, 8) + id.slice(9, 13) + id.slice(15, 18), 16);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A half of a surrogate pair has no bytes in UTF-8. */
function hasForm(value: unknown, form: RegExp | null): boolean {
  return typeof value === "string" && (form === null ? value.isWellFormed() : form.test(value));
}

/** Names of columns in ascending order. */
function isSet(set: Record<string, unknown>): boolean {
  let before = "";
  for (const [key, entry] of Object.entries(set)) {
    if (!COLUMN.test(key) || key <= before || !(entry === null || hasForm(entry, null))) return false;
    before = key;
  }
  return true;
}

/** RFC 8785: keys are ASCII, so that their order is that of any comparison, and texts are escaped as by JSON.stringify. */
function canonical(envelope: Envelope): string {
  const { action_id, actor_id, actor_kind, at, db_role, description, event_type, from, id, payload_sha256 } = envelope;
  const { request_id, run_id, set, severity, source, subject_id, subject_type, task_id, to, tx, v } = envelope;
  return JSON.stringify({
    ...{ action_id, actor_id, actor_kind, at, db_role, description, event_type, from, id, payload_sha256 },
    ...{ request_id, run_id, set, severity, source, subject_id, subject_type, task_id, to, tx, v },
  });
}
