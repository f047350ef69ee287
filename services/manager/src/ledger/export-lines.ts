import type { Queryable } from "@aura/shared/postgres/client";
import { EXPORT_COLUMNS, type ExportRow, readExportPage } from "../db/export-statements.ts";
import { type Checkpoint, readNotes } from "../db/ledger-statements.ts";

const NOTES = 500;

/**
 * The log up to a checkpoint as JSON lines, page by page: each page is a query of its own, so nothing is held open for as long
 * as somebody takes to read. Source: docs/architecture/LEDGER_FORMAT.md, section 8.
 */
export async function* exportLines(db: Queryable, { size, note }: Checkpoint): AsyncGenerator<string> {
  yield line({ kind: "log", format: "aura-export/1", origin: originOf(note), size });
  let events = 0;
  for await (const page of pagesOf(db, size)) {
    events += page.length;
    yield page.map((row) => line(eventOf(row))).join("");
  }
  let checkpoints = 0;
  for (let after = 0; after < size; ) {
    const notes = await readNotes(db, { after, through: size, limit: NOTES });
    checkpoints += notes.length;
    yield notes.map((checkpoint) => line({ kind: "checkpoint", note: checkpoint.note })).join("");
    after = notes.at(-1)?.size ?? size;
  }
  yield line({ kind: "end", events, checkpoints });
}

/** The same events for people and their spreadsheets: columns, place, leaf. No proof of anything. */
export async function* exportCsv(db: Queryable, { size }: Checkpoint): AsyncGenerator<string> {
  yield csvLine(["seq", ...EXPORT_COLUMNS, "leaf"]);
  for await (const page of pagesOf(db, size))
    yield page.map(({ seq, columns, leaf }) => csvLine([String(seq), ...columns, leaf])).join("");
}

async function* pagesOf(db: Queryable, size: number): AsyncGenerator<ExportRow[]> {
  for (let start = 0; start < size; ) {
    const { events, next } = await readExportPage(db, start, size);
    yield events;
    start = next;
  }
}

/** A line about an event; `payload` is there if and only if the envelope commits to one. */
export function eventOf({ seq, env, columns, salt, payload }: ExportRow) {
  const envelope = env.toString("utf8");
  const bare = envelope.includes('"payload_sha256":""'); // inside of a text the quotes would be escaped
  const kept = salt === null || payload === null ? null : textsOf(salt, payload);
  return {
    kind: "event",
    seq,
    envelope,
    columns: Object.fromEntries(EXPORT_COLUMNS.map((name, index) => [name, columns[index]])),
    ...(bare ? {} : { payload: kept }),
  };
}

function textsOf(salt: Buffer, payload: Buffer) {
  return { salt: salt.toString("hex"), bytes: payload.toString("base64") };
}

export function line(value: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify(value)}\n`;
}

/** The first line of a note is the name of the log. */
export function originOf(note: string): string {
  return note.slice(0, note.indexOf("\n"));
}

/** RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe in front. */
function csvLine(values: readonly string[]): string {
  const safe = values.map((value) => (/^[=+\-@\t\r]/.test(value) ? `'${value}` : value));
  return `${safe.map((value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)).join(",")}\r\n`;
}
