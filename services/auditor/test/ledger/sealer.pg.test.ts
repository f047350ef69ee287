import { rmSync } from "node:fs";
import { join } from "node:path";
import { parseCheckpoint } from "@aura/shared/ledger/checkpoints";
import { append, EMPTY, leafHash, rootOf } from "@aura/shared/ledger/merkle";
import { parseNote, parseVerifier, signersOf } from "@aura/shared/ledger/notes";
import { consistencyPath, inclusionPath, verifyConsistency, verifyInclusion } from "@aura/shared/ledger/proofs";
import type { Pool } from "@aura/shared/postgres/client";
import { readProof } from "@aura/shared/postgres/log-tree";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { expect, onTestFinished, test } from "vitest";
import { readAuditKeys } from "../../src/db/sealing-statements.ts";
import { KeyFolder } from "../../src/ledger/key-folder.ts";
import { type SealerDeps, sealOnce } from "../../src/ledger/sealer.ts";
import { HAND_OVER_FILE } from "../../src/ledger/signing-keys.ts";
import { grow, sealerOf, temporaryFolder } from "./sealing.ts";
import { tamper } from "./tampering.ts";

/** Each test has a log of its own, because some of them ruin it. */
async function ownLog(): Promise<{ db: TestDatabase; folder: string; sealer: SealerDeps }> {
  const db = await testDatabase();
  onTestFinished(() => db.close());
  const folder = temporaryFolder();
  return { db, folder, sealer: sealerOf(db, folder) };
}

async function checkpoints(db: TestDatabase): Promise<{ size: number; root: Buffer; note: string }[]> {
  const { rows } = await db.pools.auditor.query("select size::int, root, note from audit_checkpoints order by size");
  return rows as { size: number; root: Buffer; note: string }[];
}

async function leaves(db: TestDatabase): Promise<Buffer[]> {
  const { rows } = await db.pools.auditor.query<{ env: Buffer }>(
    "select e.env from audit_leaves l join audit_events e on e.id = l.event_id order by l.seq",
  );
  return rows.map(({ env }) => leafHash(env));
}

/** As when the services are stopped. */
async function disconnectServices(db: TestDatabase): Promise<void> {
  const services = "datname = current_database() and usename in ('aura_manager', 'aura_agent', 'aura_auditor')";
  const ended = `select pg_terminate_backend(pid) from pg_stat_activity where ${services}`;
  const connected = async () => (await db.pools.admin.query(ended)).rows.length;
  await expect.poll(connected, { timeout: 10_000 }).toBe(0);
}

const wholeLogWaits = { timeout: 120_000 };

test("the first step makes a key, says so in the log, and signs the root of all events", wholeLogWaits, async () => {
  const { db, sealer } = await ownLog();
  await grow(db);
  expect((await sealOnce(sealer)).kind).toBe("sealed");

  const [checkpoint] = await checkpoints(db);
  const [key] = await readAuditKeys(db.pools.auditor);
  const note = parseNote(checkpoint?.note ?? "");
  const { size, root } = parseCheckpoint(note.text);
  expect(signersOf(note, [parseVerifier(key?.verifier_key ?? "")])).toHaveLength(1);
  expect(rootOf(append(EMPTY, (await leaves(db)).slice(0, size))).equals(root)).toBe(true);

  const { rows } = await db.pools.auditor.query(
    "select actor_id, convert_from(env, 'UTF8')::jsonb -> 'set' ->> 'reason' as reason from audit_events where event_type = 'audit_key.created'",
  );
  expect(rows).toEqual([{ actor_id: "auditor-one", reason: "first key of the log" }]);
});

test("proofs from the kept roots hold at every size that was signed", wholeLogWaits, async () => {
  const { db, sealer } = await ownLog();
  for (const events of [1, 300, 700]) {
    await grow(db, events);
    expect((await sealOnce(sealer)).kind).toBe("sealed");
  }
  const signed = await checkpoints(db);
  const all = await leaves(db);
  const newest = signed.at(-1);
  if (newest === undefined) throw new Error("nothing was signed");
  for (const index of [0, 1, 255, 256, 511, 512, newest.size - 1]) {
    const proof = await readProof(db.pools.auditor, inclusionPath(index, newest.size));
    expect(verifyInclusion(index, newest.size, all[index] ?? EMPTY_HASH, proof, newest.root), `leaf ${index}`).toBe(
      true,
    );
  }
  for (const older of signed) {
    const proof = await readProof(db.pools.auditor, consistencyPath(older.size, newest.size));
    expect(verifyConsistency(older.size, newest.size, proof, older.root, newest.root), `from ${older.size}`).toBe(true);
  }
  const restarted = sealerOf(db, temporaryFolder());
  await expect(sealOnce(restarted)).rejects.toMatchObject({ code: "key_missing" });
});

const EMPTY_HASH = Buffer.alloc(32);

/** A pool whose connection breaks where the statement fits, as when the process is killed before it is sent. */
function breakingAt(pool: Pool, pattern: RegExp): Pool {
  const connect = async () => {
    const client = await pool.connect();
    const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
    return new Proxy(client, {
      get: (target, name) =>
        name !== "query"
          ? Reflect.get(target, name, target)
          : (text: string, ...rest: unknown[]) =>
              pattern.test(text) ? Promise.reject(new Error("cut")) : query(text, ...rest),
    });
  };
  return { ...pool, connect, query: pool.query.bind(pool) } as unknown as Pool;
}

test.each(["claim_sealing", "audit_log_state", "audit_keys", "audit_leaves", "record_checkpoint", "commit"])(
  "ended before %s: the next step goes on, with one root for each size",
  wholeLogWaits,
  async (where) => {
    const { db, sealer, folder } = await ownLog();
    await grow(db);
    await sealOnce(sealer);
    await grow(db, 5);
    const cut = { ...sealer, pool: breakingAt(db.pools.auditor, new RegExp(where)) };
    await expect(sealOnce(cut)).rejects.toThrow("cut");
    const kept = new KeyFolder(folder).read("signed-1.note");
    await grow(db, 3);

    const restarted = sealerOf(db, folder, "auditor-two");
    await db.pools.admin.query("update audit_sealer set expires_at = '-infinity'");
    expect((await sealOnce(restarted)).kind).toBe("sealed");
    const signed = await checkpoints(db);
    expect(signed.some(({ note }) => note === kept)).toBe(true);
    const all = await leaves(db);
    for (const { size, root } of signed) expect(rootOf(append(EMPTY, all.slice(0, size))).equals(root)).toBe(true);
    expect(signed.at(-1)?.size).toBe(all.length);
  },
);

test(
  "an older state of the database is not signed, and a log that goes on from it neither",
  wholeLogWaits,
  async () => {
    const { db, sealer, folder } = await ownLog();
    await grow(db);
    await sealOnce(sealer);
    const [old] = await checkpoints(db);
    await grow(db, 4);
    await sealOnce(sealer);
    const size = old?.size ?? 0;
    const lastId = `(select event_id from audit_leaves where seq = ${size - 1})`;
    await tamper(
      db,
      `delete from audit_checkpoints where size > ${size}; delete from audit_events where id > ${lastId};
     delete from audit_leaves where seq >= ${size};
     update audit_log_state set size = ${size}, last_event_id = ${lastId}`,
    );
    await expect(sealOnce(sealerOf(db, folder))).rejects.toMatchObject({ code: "log_restored" });

    await grow(db, 9);
    await expect(sealOnce(sealerOf(db, folder))).rejects.toMatchObject({ code: "log_contradicted" });
    expect(await checkpoints(db)).toHaveLength(1);

    await disconnectServices(db);
    await db.pools.admin.query(
      "select begin_log_generation('the disk was lost, yesterday''s backup is what there is')",
    );
    await grow(db);
    expect((await sealOnce(sealerOf(db, folder))).kind).toBe("sealed");
    const { origin } = parseCheckpoint(parseNote((await checkpoints(db)).at(-1)?.note ?? "").text);
    expect(origin).toMatch(/\/2$/);
  },
);

test.each([
  ["a leaf was replaced", "update audit_leaves set leaf = sha256('other') where seq = 3"],
  ["a leaf is gone", "delete from audit_leaves where seq = 3"],
  ["the root on record was replaced", "update audit_checkpoints set root = sha256('other')"],
  ["the note on record was replaced", "update audit_checkpoints set note = replace(note, '—', '— x')"],
])("nothing more is signed after %s", wholeLogWaits, async (_, statement) => {
  const { db, sealer, folder } = await ownLog();
  await grow(db, 5);
  await sealOnce(sealer);
  await grow(db);
  await tamper(db, statement);
  await expect(sealOnce(sealerOf(db, folder))).rejects.toThrow();
  expect(await checkpoints(db)).toHaveLength(1);
});

test(
  "of two Auditors with one folder one seals; when it is gone the other does, and its word counts no more",
  wholeLogWaits,
  async () => {
    const { db, sealer, folder } = await ownLog();
    await grow(db);
    await sealOnce(sealer);
    const other = sealerOf(db, folder, "auditor-two");
    await grow(db);
    expect(await sealOnce(other)).toEqual({ kind: "standby", holder: "auditor-one" });

    await db.pools.admin.query("update audit_sealer set expires_at = '-infinity'");
    expect((await sealOnce(other)).kind).toBe("sealed");
    expect((await sealOnce(sealer)).kind).toBe("standby");
    const { rows } = await db.pools.auditor.query("select term::int from audit_checkpoints order by size");
    expect(rows.map(({ term }) => term)).toEqual([1, 2]);
    const forged = db.pools.auditor.query(
      "select * from record_checkpoint($1, 1, 5, sha256(''), '', '{}', '{}', '{}')",
      [{ actor_kind: "auditor", actor_id: "auditor-one" }],
    );
    await expect(forged).rejects.toMatchObject({ code: "AU006" });
  },
);

test(
  "a new key signs beside the old one until that one is retired; what is lost is handed over by a person",
  wholeLogWaits,
  async () => {
    const { db, sealer, folder } = await ownLog();
    const step = async () => {
      await grow(db);
      await sealOnce(sealer);
      return parseNote((await checkpoints(db)).at(-1)?.note ?? "").signatures.map(({ keyId }) => keyId);
    };
    const [first] = await step();
    sealer.folder.createKey();
    const both = await step();
    expect(both).toHaveLength(2);
    expect(both[0]).toBe(first);

    const [oldest] = sealer.folder.keys();
    if (oldest !== undefined) sealer.folder.retire(oldest, "a year old");
    expect(await step()).toEqual([both[1]]);

    for (const { file } of sealer.folder.keys()) rmSync(join(folder, file));
    await grow(db);
    await expect(sealOnce(sealer)).rejects.toMatchObject({ code: "key_missing" });
    sealer.folder.write(HAND_OVER_FILE, "the disk broke");
    const [handedOver] = await step();
    expect(both).not.toContain(handedOver);

    const { rows } = await db.pools.auditor.query(
      "select id, reason, retired_reason from audit_keys order by created_at",
    );
    expect(rows).toEqual([
      { id: both[0], reason: "first key of the log", retired_reason: "a year old" },
      { id: both[1], reason: "rotation", retired_reason: "lost: the disk broke" },
      { id: handedOver, reason: "hand-over, the key was lost: the disk broke", retired_reason: null },
    ]);
    expect(sealer.folder.read(HAND_OVER_FILE)).toBeNull();
  },
);
