import { createLog } from "@aura/shared/log";
import { testDatabase } from "@aura/shared/testing/postgres";
import { expect, onTestFinished, test } from "vitest";
import { readLogState } from "../../src/db/sealing-statements.ts";
import { keptCheckpoint } from "../../src/ledger/kept-checkpoint.ts";
import { checkLog } from "../../src/ledger/log-check.ts";
import { startLogCheck } from "../../src/ledger/log-check-loop.ts";
import { sealOnce } from "../../src/ledger/sealer.ts";
import { grow, sealerOf, temporaryFolder } from "./sealing.ts";
import { tamper } from "./tampering.ts";

const waits = { timeout: 120_000 };
const never = new AbortController().signal;

/** Two signed checkpoints: of the first events, and of 30 more. */
async function signedLog() {
  const db = await testDatabase();
  onTestFinished(() => db.close());
  const sealer = sealerOf(db, temporaryFolder());
  const check = async () => {
    const kept = keptCheckpoint(sealer.folder, await readLogState(db.pools.auditor), []);
    return (await checkLog(db.pools.auditor, kept, never)) ?? [];
  };
  for (const events of [5, 30]) {
    await grow(db, events);
    await sealOnce(sealer);
  }
  const { rows } = await db.pools.auditor.query<{ size: number }>(
    "select min(size)::int as size from audit_checkpoints",
  );
  return { db, folder: sealer.folder, check, size: rows[0]?.size ?? 0 };
}

const at = (seq: number) => `(select event_id from audit_leaves where seq = ${seq})`;
const copyOf = (seq: number, changes: string) =>
  `create temp table copy on commit drop as select * from audit_events where id = ${at(seq)}; ${changes}`;
const INSERT = `insert into audit_events (id, source, severity, description, created_at, event_type, run_id, task_id, subject_type, subject_id, actor_kind, actor_id, tx, env)
  select id, source, severity, description, created_at, event_type, run_id, task_id, subject_type, subject_id, actor_kind, actor_id, tx, env from copy`;

const rewritten = (seq: number) =>
  `update audit_events set description = 'other',
     env = convert_to(regexp_replace(convert_from(env, 'UTF8'), '"description":"[^"]*"', '"description":"other"'), 'UTF8') where id = ${at(seq)}`;

const NEWEST = "size = (select max(size) from audit_checkpoints)";

const ATTACKS: readonly (readonly [string, (size: number) => string, (size: number) => readonly unknown[]])[] = [
  [
    "a column is edited",
    (size) => `update audit_events set description = 'other' where id = ${at(size + 3)}`,
    (size) => [{ seq: size + 3, what: "its column description was changed" }],
  ],
  [
    "bytes and columns are edited alike",
    (size) => rewritten(size + 3),
    (size) => [{ seq: size + 3, what: "its bytes are not those that were numbered" }],
  ],
  [
    "bytes, columns and the leaf are edited alike",
    (size) =>
      `${rewritten(size + 3)}; update audit_leaves l set leaf = e.leaf from audit_events e where e.id = l.event_id and l.seq = ${size + 3}`,
    (size) => [
      { seq: size, what: expect.stringMatching(/^the events from here to \d+ are not those that were signed$/) },
    ],
  ],
  [
    "an event is deleted",
    (size) => `delete from audit_events where id = ${at(size + 4)}`,
    (size) => [{ seq: size + 4, what: "its event is gone" }],
  ],
  [
    "an event and its place are deleted",
    (size) => `delete from audit_events where id = ${at(size + 4)}; delete from audit_leaves where seq = ${size + 4}`,
    (size) => [{ seq: size + 4, what: "its place in the log is gone" }],
  ],
  [
    "an event is put in between, in the past",
    () => copyOf(2, `update copy set id = (left(id::text, 24) || 'ffffffffffff')::uuid; ${INSERT}`),
    () => [{ seq: null, what: expect.stringMatching(/was put in later/) }],
  ],
  [
    "two events change places",
    (size) =>
      `create temp table swap on commit drop as select * from audit_leaves where seq in (${size + 1}, ${size + 2});
       delete from audit_leaves where seq in (${size + 1}, ${size + 2});
       insert into audit_leaves select ${2 * size + 3} - seq, event_id, leaf from swap`,
    (size) => [{ seq: size + 2, what: "its id does not come after the one before" }],
  ],
  [
    "an event is edited, and the Auditor is to find other tables in a schema of its own name",
    (size) =>
      `update audit_events set description = 'other' where id = ${at(size + 3)};
       create schema aura_auditor; grant usage on schema aura_auditor to aura_auditor;
       create view aura_auditor.audit_leaves as select * from public.audit_leaves where seq < ${size + 3};
       grant select on aura_auditor.audit_leaves to aura_auditor`,
    (size) => [{ seq: size + 3, what: "its column description was changed" }],
  ],
  [
    "the end is cut off",
    (size) => `delete from audit_events where id > ${at(size + 4)}; delete from audit_leaves where seq > ${size + 4}`,
    (size) => [{ seq: size + 5, what: expect.stringMatching(/^the log ends before it, and \d+ events were signed$/) }],
  ],
  [
    "an older state of the database is put back",
    (size) => `delete from audit_checkpoints where size > ${size}; delete from audit_events where id > ${at(size - 1)};
       delete from audit_leaves where seq >= ${size}; update audit_log_state set size = ${size}, last_event_id = ${at(size - 1)}`,
    (size) => [{ seq: size, what: expect.stringMatching(/^the log ends before it, and \d+ events were signed$/) }],
  ],
  [
    "an event is made anew with all that leads to it, and the checkpoints over it are gone",
    (size) =>
      `${rewritten(size + 3)}; update audit_leaves l set leaf = e.leaf from audit_events e where e.id = l.event_id and l.seq = ${size + 3};
       delete from audit_checkpoints where size > ${size}`,
    (size) => [
      { seq: size, what: expect.stringMatching(/^the events from here to \d+ are not those that were signed$/) },
    ],
  ],
  [
    "a checkpoint is given another root",
    () => `update audit_checkpoints set root = sha256('x') where ${NEWEST}`,
    () => [{ seq: expect.any(Number), what: expect.stringMatching(/that says something else than its row$/) }],
  ],
  [
    "a checkpoint and its note are given another root",
    () =>
      `update audit_checkpoints set root = sha256('x'), note = replace(note, encode(root, 'base64'), encode(sha256('x'), 'base64')) where ${NEWEST}`,
    () => [
      { seq: expect.any(Number), what: expect.stringMatching(/that was never signed: the signature of .* is wrong$/) },
    ],
  ],
  [
    "a checkpoint is signed by somebody else",
    () => `update audit_checkpoints set note = replace(note, '— ', '— x') where ${NEWEST}`,
    () => [{ seq: expect.any(Number), what: expect.stringMatching(/that was not signed by a key of this log$/) }],
  ],
];

test.each(ATTACKS)("%s by a superuser: the place is named", waits, async (_, attack, expected) => {
  const { db, check, size } = await signedLog();
  expect(await check()).toEqual([]);
  await tamper(db, attack(size));
  const found = await check();
  expect(found).toEqual(expect.arrayContaining([...expected(size)]));
  expect(found[0]).toEqual(expected(size)[0]);
});

test("each finding is one critical event that names the sequence, however often it is found", waits, async () => {
  const { db, folder, size } = await signedLog();
  await tamper(db, `update audit_events set description = 'other' where id = ${at(size)}`);
  const check = startLogCheck(db.pools.auditor, createLog("auditor", "silent"), "auditor-one", folder, 20);
  await expect.poll(() => check.state()?.findings.length, { timeout: 30_000 }).toBe(1);
  const first = check.state()?.at;
  await expect.poll(() => check.state()?.at, { timeout: 30_000 }).not.toBe(first);
  await check.stop();
  const { rows } = await db.pools.admin.query(
    "select severity, subject_id from audit_events where event_type = 'log.mismatch'",
  );
  expect(rows).toEqual([{ severity: "critical", subject_id: String(size) }]);
});
