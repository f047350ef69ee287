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

const TEXTS = [
  ...["action_id", "actor_id", "actor_kind", "at", "db_role", "description", "event_type", "from", "id"],
  ...["payload_sha256", "request_id", "run_id", "severity", "source", "subject_id", "subject_type", "task_id"],
  ...["to", "tx", "v"],
];
const KEYS = [...TEXTS, "set"].sort();

/**
 * Reads an envelope and insists on its only form: version 1, exactly these keys, each once and in order, nothing between them.
 *
 * @returns null for anything else
 */
export function parseEnvelope(bytes: Buffer): Envelope | null {
  const text = bytes.toString("utf8");
  const value = parseJson(text);
  if (!isObject(value) || !isObject(value.set) || value.v !== "1") return null;
  if (Object.keys(value).join() !== KEYS.join() || TEXTS.some((key) => typeof value[key] !== "string")) return null;
  if (Object.values(value.set).some((entry) => entry !== null && typeof entry !== "string")) return null;
  const canonical = JSON.stringify({ ...value, set: sorted(value.set) });
  return canonical === text && Buffer.from(text).equals(bytes) ? (value as unknown as Envelope) : null;
}

/** Last 12 digits of an event's id: for one subject it rises in the order of the changes, across transactions too. */
export function counterOf({ id }: Envelope): string {
  return id.slice(-12);
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

/** Keys are ASCII, so that every order of texts is that of RFC 8785. */
function sorted(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}
