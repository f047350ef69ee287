import { eventId, exportText, type SampleExport } from "@aura/shared/testing/sample-log";
import { type ExportTampering, each, eventAt, resign, rewrite, setEvent } from "./edits.ts";

const COLUMNS = [
  ...["id", "source", "severity", "description", "created_at", "event_type", "run_id", "task_id"],
  ...["subject_type", "subject_id", "actor_kind", "actor_id", "tx"],
];

/** With what was signed left as it is: only the bytes or the columns were changed. */
const CHANGED: ExportTampering[] = [
  {
    name: "envelope-alone",
    exit: 1,
    seq: 5,
    tamper: (log) => setEvent(log, 5, { envelope: eventAt(log, 5).envelope.replace("info", "warning") }),
  },
  {
    name: "envelope-and-columns",
    exit: 1,
    seq: 0,
    tamper: (log) => rewrite(log, 5, { description: "nothing happened" }),
  },
  { name: "envelope-and-columns-later", exit: 1, seq: 40, tamper: (log) => rewrite(log, 45, { actor_id: "another" }) },
  {
    name: "envelope-and-columns-of-last",
    exit: 1,
    seq: 89,
    tamper: (log) => rewrite(log, 93, { actor_id: "another" }),
  },
  { name: "time-back-dated", exit: 1, seq: 0, tamper: (log) => rewrite(log, 2, { at: "2026-10-01T10:00:00.000000Z" }) },
  { name: "from-edited", exit: 1, seq: 0, tamper: (log) => rewrite(log, 5, { from: "ready" }) },
  { name: "to-edited", exit: 1, seq: 0, tamper: (log) => rewrite(log, 11, { to: "rejected" }) },
  {
    name: "set-edited",
    exit: 1,
    seq: 0,
    tamper: (log) => rewrite(log, 0, { set: { priority: "9", project: "sample 1" } }),
  },
  ...each(COLUMNS, (column) => ({
    name: `column-${column}`,
    exit: 1,
    seq: 6,
    tamper: (log) => setEvent(log, 6, { columns: { ...eventAt(log, 6).columns, [column]: "edited" } }),
  })),
  {
    name: "column-left-out",
    exit: 1,
    seq: 6,
    tamper: (log) => {
      const { tx, ...columns } = eventAt(log, 6).columns;
      return setEvent(log, 6, { columns });
    },
  },
  {
    name: "column-added",
    exit: 1,
    seq: 6,
    tamper: (log) => setEvent(log, 6, { columns: { ...eventAt(log, 6).columns, note: "" } }),
  },
  {
    name: "columns-in-another-order",
    exit: 1,
    seq: 6,
    tamper: (log) => {
      const { id, ...columns } = eventAt(log, 6).columns;
      return setEvent(log, 6, { columns: { ...columns, id } });
    },
  },
];

/** Bytes that mean the same, or nothing, signed by whoever holds the key: an event has one form. */
const FORMS: Record<string, (envelope: string) => string> = {
  "key-order": (text) => text.replace(/^\{("action_id":"")(.*),("v":"1")\}$/, "{$3,$1$2}"),
  "key-twice": (text) => text.replace("{", '{"action_id":"x",'),
  "key-unknown": (text) => text.replace(/\}$/, ',"w":""}'),
  "key-missing": (text) => text.replace('"request_id":"",', ""),
  "white-space": (text) => text.replace(",", ", "),
  "version-2": (text) => text.replace('"v":"1"', '"v":"2"'),
  "number-for-text": (text) => text.replace('"request_id":""', '"request_id":-0'),
  "large-number": (text) => text.replace('"request_id":""', '"request_id":9007199254740993'),
  "null-for-text": (text) => text.replace('"request_id":""', '"request_id":null'),
  "set-of-numbers": (text) => text.replace('"set":{}', '"set":{"a":1}'),
  "set-of-sets": (text) => text.replace('"set":{}', '"set":{"a":{}}'),
  "set-a-list": (text) => text.replace('"set":{}', '"set":[]'),
  "set-unsorted": (text) => text.replace('"set":{}', '"set":{"b":"","a":""}'),
  "set-of-digits": (text) => text.replace('"set":{}', '"set":{"10":"","9":""}'),
  "slash-escaped": (text) => text.replace('"request_id":""', '"request_id":"\\/"'),
  "letter-escaped": (text) => text.replace('"request_id":""', '"request_id":"\\u0061"'),
  "escape-in-capitals": (text) => text.replace('"request_id":""', '"request_id":"\\u001F"'),
  "half-surrogate": (text) => text.replace('"request_id":""', '"request_id":"\\ud800"'),
  "id-in-capitals": (text) => text.replace(/"id":"([^"]+)"/, (_, id: string) => `"id":"${id.toUpperCase()}"`),
  "id-of-another-version": (text) => text.replace(/("id":"\w+-\w+-)8/, "$17"),
  "severity-unknown": (text) => text.replace('"info"', '"none"'),
  "time-unknown": (text) => text.replace("T10:00:00.000000Z", "T10:00:00Z"),
  "hash-in-capitals": (text) => text.replace('"payload_sha256":""', `"payload_sha256":"${"A".repeat(64)}"`),
  "too-long": (text) => text.replace('"request_id":""', `"request_id":"${"a".repeat(66_000)}"`),
  "no-json": (text) => text.slice(1),
};

const MALFORMED = Object.entries(FORMS).map(
  ([form, change]): ExportTampering => ({
    name: `signed-${form}`,
    exit: 1,
    seq: 10,
    tamper: (log) => resign(setEvent(log, 10, { envelope: change(eventAt(log, 10).envelope) })),
  }),
);

/** Signed by whoever holds the key: ids that do not rise, or do not tell what they should. */
const IDS: ExportTampering[] = [
  { name: "id-before-its-place", exit: 1, seq: 10, tamper: (log) => resign(withId(log, 10, 1, 702, 5000)) },
  { name: "id-of-earlier-generation", exit: 1, seq: 90, tamper: (log) => resign(withId(log, 90, 1, 9999, 5000)) },
  { name: "id-of-another-transaction", exit: 1, seq: 10, tamper: (log) => resign(rewrite(log, 10, { tx: "9" })) },
  { name: "id-of-one-before", exit: 1, seq: 10, tamper: (log) => resign(withIdOf(log, 10, 9)) },
  {
    name: "generation-without-event",
    exit: 1,
    seq: 88,
    tamper: (log) => resign(rewrite(log, 88, { event_type: "log.changed" })),
  },
  {
    name: "generation-of-another-number",
    exit: 1,
    seq: 88,
    tamper: (log) => resign(rewrite(log, 88, { set: { generation: "3" } })),
  },
];

function withId(log: SampleExport, seq: number, generation: number, tx: number, counter: number): SampleExport {
  return rewrite(log, seq, { id: eventId(generation, tx, counter), tx: String(tx) });
}

function withIdOf(log: SampleExport, seq: number, other: number): SampleExport {
  const { id = "", tx = "" } = eventAt(log, other).columns;
  return rewrite(log, seq, { id, tx });
}

/** The same objects in other bytes: a line has one form too. */
const LINES: ExportTampering[] = [
  { name: "line-with-space", exit: 1, seq: 5, tamper: (log) => inLine(log, 5, (line) => line.replace(",", ", ")) },
  {
    name: "line-with-key-twice",
    exit: 1,
    seq: 5,
    tamper: (log) => inLine(log, 5, (line) => line.replace("{", '{"kind":"event",')),
  },
  {
    name: "line-with-number-written-otherwise",
    exit: 1,
    seq: 5,
    tamper: (log) => inLine(log, 5, (line) => line.replace('"seq":5', '"seq":5.0')),
  },
  {
    name: "line-with-letter-escaped",
    exit: 1,
    seq: 5,
    tamper: (log) => inLine(log, 5, (line) => line.replace("event", "\\u0065vent")),
  },
  { name: "line-ended-by-crlf", exit: 1, seq: 5, tamper: (log) => inLine(log, 5, (line) => `${line}\r`) },
  {
    name: "line-with-keys-in-another-order",
    exit: 1,
    seq: 5,
    tamper: (log) => inLine(log, 5, (line) => line.replace('"kind":"event","seq":5', '"seq":5,"kind":"event"')),
  },
  {
    name: "line-with-unknown-key",
    exit: 1,
    seq: 5,
    tamper: (log) => inLine(log, 5, (line) => line.replace(/\}$/, ',"x":1}')),
  },
  { name: "line-with-half-surrogate", exit: 1, seq: 5, tamper: halfSurrogate },
  { name: "line-empty", exit: 2, tamper: (log) => inLine(log, 5, (line) => `${line}\n`) },
  { name: "line-of-no-json", exit: 2, tamper: (log) => inLine(log, 5, (line) => line.slice(0, -1)) },
  {
    name: "line-of-unknown-kind",
    exit: 1,
    seq: 6,
    tamper: (log) => inLine(log, 5, (line) => `${line}\n{"kind":"note"}`),
  },
  { name: "byte-order-mark", exit: 2, tamper: (log) => `\ufeff${exportText(log)}` },
];

/** @param seq of the event whose line is changed */
function inLine(log: SampleExport, seq: number, change: (line: string) => string): string {
  const lines = exportText(log).split("\n");
  lines[seq + 1] = change(lines[seq + 1] ?? "");
  return lines.join("\n");
}

/** What stands for a character that cannot be written as bytes becomes U+FFFD there: the leaf is the same. */
function halfSurrogate(log: SampleExport): string {
  const sound = resign(rewrite(log, 5, { request_id: "\ufffd" }));
  return inLine(sound, 5, (line) => line.replace("\ufffd", "\\ud800"));
}

export const EVENT_TAMPERINGS = [...CHANGED, ...MALFORMED, ...IDS, ...LINES];
