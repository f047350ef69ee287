import { randomUUID } from "node:crypto";
import { existsSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { verify } from "@aura/shared/ledger/verifier/verify";
import type { Pool } from "@aura/shared/postgres/client";
import { callVerb } from "@aura/shared/postgres/verbs";
import { AUDITOR, directorAction, MANAGER } from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type Alarm, raiseAlarms } from "../../src/db/event-statements.ts";
import { readAuditKeys } from "../../src/db/sealing-statements.ts";
import { archiveOnce } from "../../src/ledger/archive.ts";
import { type ArchiveSegment, segmentsIn } from "../../src/ledger/archive-segment.ts";
import { keepArchive } from "../../src/ledger/archive-upkeep.ts";
import { sealOnce } from "../../src/ledger/sealer.ts";
import { exportedLog } from "./exported-log.ts";
import { grow, sealerOf, temporaryFolder } from "./sealing.ts";
import { tamper } from "./tampering.ts";

const waits = { timeout: 120_000 };
let shared: TestDatabase;
beforeAll(async () => {
  shared = await testDatabase();
});
afterAll(() => shared?.close());

const alarm = (change: Partial<Alarm> = {}): Alarm => ({
  ...{ event_type: "log.mismatch", subject_type: "log", subject_id: "7", description: "said" },
  ...change,
});

const deep = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
const HOSTILE: readonly (readonly [string, Buffer])[] = [
  ["NUL bytes", Buffer.from("a\0b")],
  ["bytes that are no UTF-8", Buffer.from([0xff, 0xfe, 0xed, 0xa0, 0x80])],
  ["half of a surrogate pair, escaped", Buffer.from('{"a":"\\ud800"}')],
  ["a megabyte", Buffer.alloc(1_048_576, "x")],
  ["JSON fifty thousand levels deep", Buffer.from(deep)],
  ["numbers that no double holds", Buffer.from('{"a":9007199254740993,"b":-0,"c":1.00}')],
  ["a key twice", Buffer.from('{"a":1,"a":2}')],
  ["nothing", Buffer.alloc(0)],
];

test.each(HOSTILE)("a payload of %s is recorded, and can be had back byte for byte", async (_, payload) => {
  await raiseAlarms(shared.pools.auditor, "auditor-one", [
    alarm({ payload, description: "a \0 b", subject_id: "\ud800" }),
  ]);
  const { rows } = await shared.pools.admin.query(
    `select p.payload, encode(sha256(p.salt || p.payload), 'hex') = convert_from(e.env, 'UTF8')::jsonb ->> 'payload_sha256' as committed,
            e.description, e.subject_id
       from audit_events e join audit_payloads p on p.event_id = e.id order by e.id desc limit 1`,
  );
  const [row] = rows as { payload: Buffer; committed: boolean; description: string; subject_id: string }[];
  expect(row?.payload.equals(payload)).toBe(true);
  expect(row).toMatchObject({ committed: true, description: "a \ufffd b", subject_id: "\ufffd" });
});

/** A pool whose process is killed when it comes to this verb. */
function without(pool: Pool, verb: string): Pool {
  const query = (text: string, values?: unknown[]) =>
    text.includes(verb) ? Promise.reject(new Error("cut")) : pool.query(text, values);
  return { ...pool, query } as unknown as Pool;
}

/** A sealed log with so many payloads that are a year old, and what checks it. */
async function oldLog(payloads: number) {
  const db = await testDatabase();
  onTestFinished(() => db.close());
  const [folder, archive] = [temporaryFolder(), join(temporaryFolder(), "archive")];
  const sealer = sealerOf(db, folder);
  const alarms = Array.from({ length: payloads }, (_, n) => alarm({ payload: `payload ${n}` }));
  await raiseAlarms(db.pools.auditor, "auditor-one", alarms);
  const seal = async () => {
    await grow(db);
    await sealOnce(sealer);
  };
  await seal();
  const outcome = async (given?: string) => {
    await seal();
    const file = join(folder, "log.jsonl");
    writeFileSync(file, await exportedLog(db.pools.admin));
    const keys = (await readAuditKeys(db.pools.auditor)).map(({ verifier_key }) => verifier_key);
    return verify(file, { keys, witnesses: [], checkpoints: [], archive: given });
  };
  /** After 0 days: the age of an event cannot be changed without breaking it. */
  const archived = () => archiveOnce(db.pools.auditor, "auditor-one", archive, 0);
  const events = async () => {
    const { rows } = await db.pools.admin.query<{ id: string }>(
      "select event_id as id from audit_payloads order by event_id",
    );
    return rows.map(({ id }) => id);
  };
  return { db, archive, archived, outcome, events };
}

test("payloads move to the archive, where the log still commits to them, and nothing else moves", waits, async () => {
  const { db, archive, archived, outcome } = await oldLog(3);
  expect(await archived()).toBe(3);
  expect(await archived()).toBe(0);
  const lines = segmentsIn(archive).flatMap((segment) => segment.read());
  expect(lines.map(({ bytes }) => Buffer.from(bytes, "base64").toString())).toEqual([
    '"payload 0"',
    '"payload 1"',
    '"payload 2"',
  ]);
  expect(await outcome()).toMatchObject({
    outcome: "sound",
    summary: {
      payloads: { kept: 0, erased: 0, archived: 3 },
      not_checked: ["payloads in the archive: it was not given"],
    },
  });
  expect(await outcome(archive)).toMatchObject({ outcome: "sound", summary: { not_checked: [] } });
  const [only] = segmentsIn(archive);
  only?.write(lines.slice(1));
  expect(await outcome(archive)).toMatchObject({ outcome: "cannot_tell" });
  only?.write(lines.map((line) => ({ ...line, bytes: lines[0]?.bytes ?? "" })));
  expect(await outcome(archive)).toMatchObject({ outcome: "tampered", seq: expect.any(Number) });
  rmSync(archive, { recursive: true });
  expect(await outcome(archive)).toMatchObject({ outcome: "cannot_tell" });
  const { rows } = await db.pools.admin.query(
    "select event_type, count(*)::int as events from audit_events where event_type ~ '^(archive_segment|payload)' group by 1",
  );
  expect(rows).toEqual([{ event_type: "archive_segment.created", events: 1 }]);
});

test(
  "killed before the database was told, the archive has them twice and the database forgets them once",
  waits,
  async () => {
    const { db, archive, outcome } = await oldLog(2);
    const cut = without(db.pools.auditor, "archive_payloads");
    await expect(archiveOnce(cut, "auditor-one", archive, 0)).rejects.toThrow("cut");
    expect(await archiveOnce(db.pools.auditor, "auditor-one", archive, 0)).toBe(2);
    expect(readdirSync(archive)).toHaveLength(2);
    expect(await outcome()).toMatchObject({ outcome: "sound", summary: { payloads: { archived: 2 } } });
  },
);

test(
  "what a Director has erased is gone from the database and the archive, on record, and every proof holds",
  waits,
  async () => {
    const { db, archive, archived, outcome, events } = await oldLog(3);
    const [inDatabase = "", inArchive = "", kept = ""] = await events();
    expect(await directorAction(db, "erase_payload", inDatabase)).toMatchObject({ outcome: "done" });
    expect(await directorAction(db, "erase_payload", inDatabase)).toMatchObject({
      outcome: "refused",
      code: "not_found",
    });
    expect(await archived()).toBe(2);
    expect(await directorAction(db, "erase_payload", inArchive)).toMatchObject({ outcome: "done" });
    expect(await directorAction(db, "erase_payload", inArchive)).toMatchObject({
      outcome: "refused",
      code: "not_found",
    });
    const keep = () => keepArchive(db.pools.auditor, "auditor-one", archive);
    expect([await keep(), await keep()]).toEqual([[], []]);
    const [segment] = segmentsIn(archive);
    expect(segment?.read().map(({ event_id }) => event_id)).toEqual([kept]);
    const { rows: segments } = await db.pools.admin.query("select payloads, sha256 from archive_segments");
    expect(segments).toEqual([{ payloads: 1, sha256: segment?.sha256() }]);
    expect(await outcome(archive)).toMatchObject({
      outcome: "sound",
      summary: { payloads: { kept: 0, erased: 2, archived: 1 } },
    });
    const { rows } = await db.pools.admin.query(
      "select actor_kind, subject_id from audit_events where event_type = 'payload.erased' order by id",
    );
    expect(rows).toEqual([inDatabase, inArchive].map((subject_id) => ({ actor_kind: "director", subject_id })));
    for (const change of ["payloads = payloads", "first_event_id = last_event_id, payloads = 0"])
      await expect(db.pools.admin.query(`update archive_segments set ${change}`)).rejects.toMatchObject({
        code: "AU003",
      });
    const rewritten = await db.pools.admin.query(
      "select from audit_events where event_type = 'archive_segment.changed'",
    );
    expect(rewritten.rowCount).toBe(1);
  },
);

const DAMAGES: readonly (readonly [string, (segment: ArchiveSegment) => void, string])[] = [
  ["cut", (segment) => segment.write(segment.read().slice(1)), "lacks what nobody erased"],
  [
    "edited",
    (segment) => segment.write(segment.read().map((line) => ({ ...line, bytes: "" }))),
    "holds what was not written",
  ],
  ["doubled", (segment) => segment.write(segment.read().flatMap((line) => [line, line])), "holds what was not written"],
];

test.each(DAMAGES)("a segment of the archive that was %s is found", waits, async (_, damage, what) => {
  const { db, archive, archived } = await oldLog(2);
  await archived();
  const [segment] = segmentsIn(archive);
  if (segment !== undefined) damage(segment);
  const keep = () => keepArchive(db.pools.auditor, "auditor-one", archive);
  expect(await keep()).toEqual([{ segment_id: segment?.id, what }]);
});

test("segments that are gone or no gzip are found, and half-written ones of a killed process go", waits, async () => {
  const { db, archive, archived } = await oldLog(1);
  await archived();
  const keep = () => keepArchive(db.pools.auditor, "auditor-one", archive);
  const [segment] = segmentsIn(archive);
  const file = join(archive, `${segment?.id}.jsonl.gz`);
  const drafts = ["old", "young"].map((age) => `${file}.${age}.new`);
  for (const draft of drafts) writeFileSync(draft, "half");
  utimesSync(drafts[0] ?? "", 0, 0);
  expect(await keep()).toEqual([]);
  expect(drafts.map((draft) => existsSync(draft))).toEqual([false, true]);
  writeFileSync(file, "x");
  expect(await keep()).toEqual([{ segment_id: segment?.id, what: "cannot be read" }]);
  rmSync(file);
  expect(await keep()).toEqual([{ segment_id: segment?.id, what: "is gone" }]);
});

test(
  "killed after the segment was written anew and before that was on record, the next look does the rest",
  waits,
  async () => {
    const { db, archive, archived, events } = await oldLog(2);
    await archived();
    const [event = ""] = await events();
    await directorAction(db, "erase_payload", event);
    const cut = without(db.pools.auditor, "shrink_archive_segment");
    await expect(keepArchive(cut, "auditor-one", archive)).rejects.toThrow("cut");
    expect(await keepArchive(db.pools.auditor, "auditor-one", archive)).toEqual([]);
    const { rows } = await db.pools.admin.query("select payloads from archive_segments");
    expect(rows).toEqual([{ payloads: 1 }]);
  },
);

test("bytes of a blob are erased by a Director, by their hash, and kept again when they are handed in again", async () => {
  const [stored] = (
    await shared.pools.manager.query<{ sha256: string }>(
      "select encode(b, 'hex') as sha256 from put_blobs(array[convert_to('of a person', 'UTF8')], array['text/plain']) b",
    )
  ).rows;
  const erase = () => directorAction(shared, "erase_blob", null, { sha256: stored?.sha256 });
  expect(await erase()).toMatchObject({ outcome: "done" });
  expect(await erase()).toMatchObject({ outcome: "refused", code: "not_found" });
  const { rows } = await shared.pools.admin.query("select body from blobs where encode(sha256, 'hex') = $1", [
    stored?.sha256,
  ]);
  expect(rows).toEqual([{ body: null }]);

  const again =
    "select encode(b, 'hex') as sha256 from put_blobs(array[convert_to('of a person', 'UTF8'), 'x'], array['text/plain', 'text/plain']) b";
  expect((await shared.pools.manager.query<{ sha256: string }>(again)).rows[0]).toEqual(stored);
  const kept = await shared.pools.admin.query(
    "select convert_from(body, 'UTF8') as body from blobs where encode(sha256, 'hex') = $1",
    [stored?.sha256],
  );
  expect(kept.rows).toEqual([{ body: "of a person" }]);
  const told = await shared.pools.admin.query(
    "select event_type from audit_events where subject_type = 'blobs' and subject_id = $1 order by id",
    [stored?.sha256],
  );
  expect(told.rows.map(({ event_type }) => event_type)).toEqual(["payload.erased", "blob.restored"]);
});

test("nobody else erases or archives, and no payload goes that is under no checkpoint", waits, async () => {
  const { db, events } = await oldLog(1);
  const [event = ""] = await events();
  const erase = "update public.audit_payloads set salt = null, payload = null";
  for (const pool of [db.pools.manager, db.pools.agent, db.pools.auditor, db.pools.observer, db.pools.migrator])
    await expect(pool.query(erase)).rejects.toMatchObject({ code: expect.stringMatching(/^(42501|AU004)$/) });
  const archive = [AUDITOR, event, [event], Buffer.alloc(32)] as const;
  const call = "select * from archive_payloads($1, $2, $3, $4)";
  await expect(db.pools.manager.query(call, [MANAGER, ...archive.slice(1)])).rejects.toMatchObject({ code: "42501" });
  await tamper(db, "delete from audit_checkpoints");
  const shrunk = [AUDITOR, randomUUID(), 0, Buffer.alloc(32)] as const;
  const shrink = "select * from shrink_archive_segment($1, $2, $3, $4)";
  await expect(db.pools.manager.query(shrink, [MANAGER, ...shrunk.slice(1)])).rejects.toMatchObject({ code: "42501" });
  expect((await db.pools.auditor.query(shrink, [...shrunk])).rows).toMatchObject([{ code: "not_found" }]);
  const [, ...args] = archive;
  expect(await callVerb(db.pools.auditor, "archive_payloads", AUDITOR, ...args)).toMatchObject([
    { outcome: "refused", code: "not_found" },
  ]);
});

test("a payload that is gone without a word is a log that was tampered with", waits, async () => {
  const { db, archive, outcome } = await oldLog(1);
  await tamper(db, "update audit_payloads set salt = null, payload = null");
  rmSync(archive, { recursive: true, force: true });
  expect(await outcome()).toMatchObject({ outcome: "tampered" });
});
