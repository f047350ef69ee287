import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Answer, type Summary, verify } from "@aura/shared/ledger/verifier/verify";
import type { Queryable } from "@aura/shared/postgres/client";
import { callVerb } from "@aura/shared/postgres/verbs";
import {
  AUDITOR,
  allDone,
  createTestRun,
  createTestRuntime,
  directorAction,
  taskInState,
} from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readAuditKeys } from "../../src/db/sealing-statements.ts";
import { sealRunsOnce } from "../../src/ledger/run-seals.ts";
import { sealOnce } from "../../src/ledger/sealer.ts";
import { exportedLog, notesOf } from "./exported-log.ts";
import { grow, sealerOf } from "./sealing.ts";

let db: TestDatabase;
let folder: string;
let keys: string[];
/** The newest checkpoint, as somebody kept it. */
let kept: string;

beforeAll(async () => {
  db = await testDatabase();
  folder = mkdtempSync(join(tmpdir(), "aura-verify-"));
  const sealer = sealerOf(db, folder);
  const runtime = await createTestRuntime(db);
  const runs = [await createTestRun(db), await createTestRun(db)];
  for (const run of runs) await taskInState(db, runtime, run, "verified", "implement");
  await grow(db);
  await sealOnce(sealer);
  const payload_base64 = Buffer.from(JSON.stringify({ found: "a \u2028 person" })).toString("base64");
  const event = { event_type: "log.mismatch", description: "with a payload", payload_base64 };
  await allDone(callVerb(db.pools.auditor, "append_events", AUDITOR, JSON.stringify([event, event])));
  await db.pools.admin.query(
    "update audit_payloads set salt = null, payload = null where event_id = (select min(event_id::text)::uuid from audit_payloads)",
  );
  for (const run of runs) await directorAction(db, "cancel", run.run_id);
  await grow(db);
  await sealOnce(sealer);
  expect(await sealRunsOnce(db.pools.auditor, "auditor-one")).toBe(2);
  await grow(db);
  await sealOnce(sealer);
  keys = (await readAuditKeys(db.pools.auditor)).map(({ verifier_key }) => verifier_key);
  kept = join(folder, "kept.note");
  writeFileSync(kept, (await notesOf(db.pools.admin)).at(-1) ?? "");
});
afterAll(async () => {
  await db.close();
  rmSync(folder, { recursive: true, force: true });
});

async function verified(connection: Queryable): Promise<Answer<Summary>> {
  const file = join(folder, "log.jsonl");
  writeFileSync(file, await exportedLog(connection));
  return verify(file, { keys, witnesses: [], checkpoints: [kept] });
}

/** Past every trigger, as only a superuser can; undone after it was looked at. */
async function whileTampered(statement: string): Promise<Answer<Summary>> {
  const client = await db.pools.admin.connect();
  try {
    await client.query(`begin; set local session_replication_role = replica; ${statement}`);
    return await verified(client);
  } finally {
    await client.query("rollback");
    client.release();
  }
}

test("what the database wrote and the Auditor signed is sound to whoever checks it offline", async () => {
  const found = await verified(db.pools.admin);
  expect(found, found.outcome === "sound" ? "" : found.reason).toMatchObject({
    outcome: "sound",
    summary: { checkpoints: 3, kept_checkpoints: 1, runs_sealed: 2, payloads: { kept: 1, erased: 1, archived: 0 } },
  });
});

const IN_THE_MIDDLE = "(select event_id from audit_leaves where seq = 20)";
const A_SUPERUSER = [
  ["rewrites a column", `update audit_events set actor_id = 'x' where id = ${IN_THE_MIDDLE}`, 20],
  [
    "rewrites a time",
    `update audit_events set created_at = created_at - interval '1 day' where id = ${IN_THE_MIDDLE}`,
    20,
  ],
  ["rewrites the bytes", `update audit_events set env = env || ' ' where id = ${IN_THE_MIDDLE}`, 20],
  ["rewrites bytes and column", rewritten(), 0],
  ["takes an event out", `delete from audit_leaves where seq = 20`, 20],
  [
    "takes an event out and renumbers",
    `delete from audit_leaves where seq = 20; update audit_leaves set seq = seq + 1000000 where seq > 20; update audit_leaves set seq = seq - 1000001 where seq > 1000000`,
    0,
  ],
  ["puts one in, in the past, and renumbers", insertedAfter(20), 22],
  [
    "exchanges two events",
    `update audit_leaves set seq = 1000000 where seq = 20; update audit_leaves set seq = 20 where seq = 21; update audit_leaves set seq = 21 where seq = 1000000`,
    21,
  ],
  ["rewrites a payload", `update audit_payloads set payload = '{}' where payload is not null`, null],
  ["erases a payload and tells nobody", `update audit_payloads set payload = null, salt = null`, null],
  [
    "rewrites a root",
    `update audit_checkpoints set note = replace(note, E'\n', E'\nx') where size = (select min(size) from audit_checkpoints)`,
    null,
  ],
] as const;

/** The event's double under an id that no event has, with bytes, columns and leaf that agree. */
function insertedAfter(seq: number): string {
  const id = "(left(id::text, 24) || 'ffffffffffff')";
  return `update audit_leaves set seq = seq + 1000000 where seq > ${seq};
    update audit_leaves set seq = seq - 999999 where seq > 1000000;
    insert into audit_events (id, source, severity, description, created_at, event_type, run_id, task_id, subject_type, subject_id, actor_kind, actor_id, tx, env)
    select ${id}::uuid, source, severity, description, created_at, event_type, run_id, task_id, subject_type, subject_id, actor_kind, actor_id, tx,
           convert_to(replace(convert_from(env, 'UTF8'), '"id":"' || id || '"', '"id":"' || ${id} || '"'), 'UTF8') from audit_events where id = ${IN_THE_MIDDLE};
    insert into audit_leaves select ${seq} + 1, id, leaf from audit_events where id::text like '%ffffffffffff'`;
}

function rewritten(): string {
  return `update audit_events set actor_id = 'somebody-else', env = convert_to(replace(convert_from(env, 'UTF8'),
    '"actor_id":"' || actor_id || '"', '"actor_id":"somebody-else"'), 'UTF8') where id = ${IN_THE_MIDDLE}`;
}

test.each(A_SUPERUSER)("a superuser who %s is found out", async (_, statement, seq) => {
  const found = await whileTampered(statement);
  expect(found).toMatchObject({ outcome: "tampered", exit: 1, ...(seq === null ? {} : { seq }) });
});

test("a log whose tail and newest checkpoints are gone is found out by the checkpoint that was kept", async () => {
  const newest = "(select max(size) from audit_checkpoints)";
  const found = await whileTampered(
    `delete from audit_checkpoints where size = ${newest}; delete from audit_leaves where seq >= ${newest}`,
  );
  const { rows } = await db.pools.admin.query<{ size: number }>(
    "select size::int from audit_checkpoints order by size",
  );
  expect(found).toMatchObject({ outcome: "tampered", seq: rows[1]?.size });
});
