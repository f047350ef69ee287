import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { verify } from "@aura/shared/ledger/verifier/verify";
import { callVerb } from "@aura/shared/postgres/verbs";
import { AUDITOR, directorAction, MANAGER } from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type Alarm, raiseAlarms } from "../../src/db/event-statements.ts";
import { readAuditKeys } from "../../src/db/sealing-statements.ts";
import { archiveOnce, eraseArchived, readSegment } from "../../src/ledger/archive.ts";
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
  const outcome = async () => {
    await seal();
    const file = join(folder, "log.jsonl");
    writeFileSync(file, await exportedLog(db.pools.admin));
    const keys = (await readAuditKeys(db.pools.auditor)).map(({ verifier_key }) => verifier_key);
    return verify(file, { keys, witnesses: [], checkpoints: [] });
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
  const [segment = ""] = readdirSync(archive);
  const lines = readSegment(join(archive, segment));
  expect(lines.map(({ bytes }) => Buffer.from(bytes, "base64").toString())).toEqual([
    '"payload 0"',
    '"payload 1"',
    '"payload 2"',
  ]);
  expect(await outcome()).toMatchObject({
    outcome: "sound",
    summary: { payloads: { kept: 0, erased: 0, archived: 3 } },
  });
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
    const cut = {
      ...db.pools.auditor,
      query: (text: string, values?: unknown[]) =>
        text.includes("archive_payloads") ? Promise.reject(new Error("cut")) : db.pools.auditor.query(text, values),
    } as unknown as typeof db.pools.auditor;
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
    expect(await eraseArchived(db.pools.auditor, archive)).toBe(1);
    expect(await eraseArchived(db.pools.auditor, archive)).toBe(0);
    const [segment = ""] = readdirSync(archive);
    expect(readSegment(join(archive, segment)).map(({ event_id }) => event_id)).toEqual([kept]);
    expect(await outcome()).toMatchObject({
      outcome: "sound",
      summary: { payloads: { kept: 0, erased: 2, archived: 1 } },
    });
    const { rows } = await db.pools.admin.query(
      "select actor_kind, subject_id from audit_events where event_type = 'payload.erased' order by id",
    );
    expect(rows).toEqual([inDatabase, inArchive].map((subject_id) => ({ actor_kind: "director", subject_id })));
  },
);

test("bytes of a blob are erased by a Director, by their hash", async () => {
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
