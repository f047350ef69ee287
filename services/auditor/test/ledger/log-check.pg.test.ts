import { createLog } from "@aura/shared/log";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { expect, onTestFinished, test } from "vitest";
import { checkLog } from "../../src/ledger/log-check.ts";
import { startLogCheck } from "../../src/ledger/log-check-loop.ts";
import { sealOnce } from "../../src/ledger/sealer.ts";
import { grow, sealerOf, temporaryFolder } from "./sealing.ts";
import { tamper } from "./tampering.ts";

const waits = { timeout: 120_000 };
const never = new AbortController().signal;

/** Two signed checkpoints: of the first events, and of 30 more. */
async function signedLog(): Promise<{ db: TestDatabase; size: number }> {
  const db = await testDatabase();
  onTestFinished(() => db.close());
  const sealer = sealerOf(db, temporaryFolder());
  for (const events of [5, 30]) {
    await grow(db, events);
    await sealOnce(sealer);
  }
  const { rows } = await db.pools.auditor.query<{ size: number }>(
    "select min(size)::int as size from audit_checkpoints",
  );
  return { db, size: rows[0]?.size ?? 0 };
}

const at = (seq: number) => `(select event_id from audit_leaves where seq = ${seq})`;
const copyOf = (seq: number, changes: string) =>
  `create temp table copy on commit drop as select * from audit_events where id = ${at(seq)}; ${changes}`;
const INSERT = `insert into audit_events (id, source, severity, description, created_at, event_type, run_id, task_id, subject_type, subject_id, actor_kind, actor_id, tx, env)
  select id, source, severity, description, created_at, event_type, run_id, task_id, subject_type, subject_id, actor_kind, actor_id, tx, env from copy`;

const rewritten = (seq: number) =>
  `update audit_events set description = 'other',
     env = convert_to(regexp_replace(convert_from(env, 'UTF8'), '"description":"[^"]*"', '"description":"other"'), 'UTF8') where id = ${at(seq)}`;

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
    "a checkpoint is given another root",
    () => "update audit_checkpoints set root = sha256('x') where size = (select max(size) from audit_checkpoints)",
    (size) => [{ seq: size, what: expect.stringMatching(/^the events from here to/) }],
  ],
];

test.each(ATTACKS)("%s by a superuser: the place is named", waits, async (_, attack, expected) => {
  const { db, size } = await signedLog();
  expect(await checkLog(db.pools.auditor, never)).toEqual([]);
  await tamper(db, attack(size));
  const found = await checkLog(db.pools.auditor, never);
  expect(found).toEqual(expect.arrayContaining([...expected(size)]));
  expect(found[0]).toEqual(expected(size)[0]);
});

test("each finding is one critical event that names the sequence, however often it is found", waits, async () => {
  const { db, size } = await signedLog();
  await tamper(db, `update audit_events set description = 'other' where id = ${at(size)}`);
  const check = startLogCheck(db.pools.auditor, createLog("auditor", "silent"), "auditor-one", 20);
  await expect.poll(() => check.state()?.findings.length, { timeout: 30_000 }).toBe(1);
  const first = check.state()?.at;
  await expect.poll(() => check.state()?.at, { timeout: 30_000 }).not.toBe(first);
  await check.stop();
  const { rows } = await db.pools.admin.query(
    "select severity, subject_id from audit_events where event_type = 'log.mismatch'",
  );
  expect(rows).toEqual([{ severity: "critical", subject_id: String(size) }]);
});
