import type { SampleExport, SamplePayload } from "@aura/shared/testing/sample-log";
import { type ExportTampering, eventAt, flipped, resign, rewrite, setEvent } from "./edits.ts";

/** The first event of the sample that has a payload. */
const NOTED = 8;

/** Payloads that are not what was committed to. */
const PAYLOADS: ExportTampering[] = [
  {
    name: "payload-changed-salt-kept",
    exit: 1,
    seq: NOTED,
    tamper: (log) => give(log, ({ salt, bytes }) => ({ salt, bytes: flipped(bytes) })),
  },
  { name: "payload-emptied", exit: 1, seq: NOTED, tamper: (log) => give(log, ({ salt }) => ({ salt, bytes: "" })) },
  {
    name: "salt-changed",
    exit: 1,
    seq: NOTED,
    tamper: (log) =>
      give(log, ({ salt, bytes }) => ({ salt: salt.replace(/^./, (c) => (c === "0" ? "1" : "0")), bytes })),
  },
  {
    name: "salt-shorter",
    exit: 1,
    seq: NOTED,
    tamper: (log) => give(log, ({ salt, bytes }) => ({ salt: salt.slice(2), bytes })),
  },
  { name: "salt-and-payload-shifted", exit: 1, seq: NOTED, tamper: (log) => give(log, shifted) },
  {
    name: "salt-in-capitals",
    exit: 1,
    seq: NOTED,
    tamper: (log) => give(log, ({ salt, bytes }) => ({ salt: salt.toUpperCase(), bytes })),
  },
  {
    name: "payload-in-loose-base64",
    exit: 1,
    seq: NOTED,
    tamper: (log) => give(log, ({ salt, bytes }) => ({ salt, bytes: bytes.replace(/=*$/, "\n") })),
  },
  {
    name: "payload-keys-in-another-order",
    exit: 1,
    seq: NOTED,
    tamper: (log) => give(log, ({ salt, bytes }) => ({ bytes, salt })),
  },
  {
    name: "payload-with-another-key",
    exit: 1,
    seq: NOTED,
    tamper: (log) => give(log, (payload) => ({ ...payload, note: "" })),
  },
  { name: "payload-a-text", exit: 1, seq: NOTED, tamper: (log) => give(log, ({ bytes }) => bytes) },
  {
    name: "payload-of-another-event",
    exit: 1,
    seq: NOTED,
    tamper: (log) => give(log, () => eventAt(log, NOTED + 8).payload),
  },
  { name: "payload-left-out", exit: 1, seq: NOTED, tamper: (log) => give(log, () => undefined) },
  { name: "payload-gone-without-event", exit: 1, seq: NOTED, tamper: (log) => give(log, () => null) },
  {
    name: "payload-added",
    exit: 1,
    seq: 5,
    tamper: (log) => setEvent(log, 5, { payload: eventAt(log, NOTED).payload }),
  },
  { name: "payload-nothing-added", exit: 1, seq: 5, tamper: (log) => setEvent(log, 5, { payload: null }) },
  { name: "payload-and-its-hash", exit: 1, seq: 0, tamper: replaced },
];

function give(log: SampleExport, change: (payload: SamplePayload) => unknown): SampleExport {
  const { payload } = eventAt(log, NOTED);
  if (payload === undefined || payload === null) throw new Error("the sample has no payload here");
  return setEvent(log, NOTED, { payload: change(payload) });
}

/** The same bytes in all, and another border between the two. */
function shifted({ salt, bytes }: SamplePayload): SamplePayload {
  const all = Buffer.concat([Buffer.from(salt, "hex"), Buffer.from(bytes, "base64")]);
  return { salt: all.subarray(0, 31).toString("hex"), bytes: all.subarray(31).toString("base64") };
}

function replaced(log: SampleExport): SampleExport {
  const { payload, columns } = eventAt(log, NOTED + 8);
  const { payload_sha256 } = JSON.parse(eventAt(log, NOTED + 8).envelope) as { payload_sha256: string };
  return setEvent(rewrite(log, NOTED, { payload_sha256, actor_id: columns.actor_id ?? "" }), NOTED, { payload });
}

/** Signed by whoever holds the key: payloads are gone, and what should say why says something else. */
const ERASED: ExportTampering[] = [
  {
    name: "erasure-of-another-event",
    exit: 1,
    seq: 85,
    tamper: (log) => resign(rewrite(log, 86, { subject_id: eventAt(log, 84).columns.id ?? "" })),
  },
  {
    name: "erasure-of-something-else",
    exit: 1,
    seq: 85,
    tamper: (log) => resign(rewrite(log, 86, { subject_type: "blobs" })),
  },
  {
    name: "erasure-under-another-name",
    exit: 1,
    seq: 85,
    tamper: (log) => resign(rewrite(log, 86, { event_type: "payload.read" })),
  },
  {
    name: "archive-of-fewer-events",
    exit: 1,
    seq: 84,
    tamper: (log) => resign(rewrite(log, 87, { set: archive(log, 82, 83) })),
  },
  {
    name: "archive-of-later-events",
    exit: 1,
    seq: 82,
    tamper: (log) => resign(rewrite(log, 87, { set: archive(log, 83, 84) })),
  },
  { name: "archive-of-nothing", exit: 1, seq: 82, tamper: (log) => resign(rewrite(log, 87, { set: {} })) },
];

function archive(log: SampleExport, first: number, last: number): Record<string, string> {
  const [first_event_id = "", last_event_id = ""] = [eventAt(log, first).columns.id, eventAt(log, last).columns.id];
  return { first_event_id, last_event_id };
}

export const PAYLOAD_TAMPERINGS = [...PAYLOADS, ...ERASED];
