import { randomBytes, randomUUID } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cosignaturesOf } from "@aura/shared/ledger/checkpoints";
import { EMPTY } from "@aura/shared/ledger/merkle";
import { COSIGNATURE, formatNote, parseNote, signerOf } from "@aura/shared/ledger/notes";
import { createLog } from "@aura/shared/log";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { expect, onTestFinished, test } from "vitest";
import { numberEvents, readNumberingLag } from "../../src/db/ledger-statements.ts";
import { anchorOnce, startAnchoring } from "../../src/ledger/anchoring.ts";
import { KeyFolder } from "../../src/ledger/key-folder.ts";
import { publishTo } from "../../src/ledger/public-keys.ts";
import { sealOnce } from "../../src/ledger/sealer.ts";
import { witnessesOf } from "../../src/ledger/witnesses.ts";
import { buildWitness } from "../../src/witness/app.ts";
import { KeptCheckpoints } from "../../src/witness/kept-checkpoints.ts";
import { knownKeys } from "../../src/witness/known-logs.ts";
import { checkpointOf } from "../witness/grown-log.ts";
import { sealerOf, temporaryFolder } from "./sealing.ts";

const QUIET = createLog("auditor", "silent");

/** A log of its own, its Auditor's steps, and a witness at the other end of a socket. */
async function witnessed() {
  const db = await testDatabase();
  onTestFinished(() => db.close());
  const folder = temporaryFolder();
  const [own, keys, kept] = [join(folder, "ledger"), join(folder, "keys"), join(folder, "kept")];
  mkdirSync(keys);
  const sealer = { ...sealerOf(db, own), publish: publishTo(keys) };
  const forget = () => {
    rmSync(join(own, "signed-1.note"));
    sealer.memory.frontier = EMPTY;
  };
  const signer = signerOf("aura_orchestra/witness", randomBytes(32), COSIGNATURE);
  const witness = buildWitness({
    kept: new KeptCheckpoints(kept),
    keys: () => knownKeys(keys),
    signer,
    now: () => 1_700_000_000,
    log: QUIET,
    version: "1",
  });
  const url = await witness.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => witness.close());
  const ledger = new KeyFolder(own);
  const deps = { pool: db.pools.auditor, holder: "auditor-one", witnesses: witnessesOf(url, [], ledger) };
  const seal = async (): Promise<number> => {
    await grow(db);
    const outcome = await sealOnce(sealer);
    return outcome.kind === "standby" ? Number.NaN : outcome.size;
  };
  const anchor = async () => {
    const [one] = await deps.witnesses();
    return one === undefined ? null : anchorOnce(deps, one);
  };
  return { db, deps, seal, anchor, forget, signer, keys, ledger, witness };
}

async function grow(db: TestDatabase): Promise<void> {
  await db.pools.admin.query("insert into projects (id, name) values (gen_random_uuid(), $1)", [randomUUID()]);
  const waiting = async () => {
    await numberEvents(db.pools.auditor, 100_000);
    return (await readNumberingLag(db.pools.auditor)).events;
  };
  await expect.poll(waiting, { timeout: 60_000, interval: 20 }).toBe(0);
}

/** As a superuser past every trigger. */
async function tamper(db: TestDatabase, text: string): Promise<void> {
  const client = await db.pools.admin.connect();
  await client.query(`begin; set local session_replication_role = replica; ${text}; commit`);
  client.release();
}

async function cosigned(db: TestDatabase) {
  const { rows } = await db.pools.auditor.query<{ size: number; line: string; note: string }>(
    "select size::int, line, note from audit_cosignatures join audit_checkpoints using (generation, size) order by size",
  );
  return rows;
}

async function alarms(db: TestDatabase) {
  const { rows } = await db.pools.admin.query<{ subject_id: string; payload: { evidence: string; detail: string } }>(
    `select e.subject_id, convert_from(p.payload, 'UTF8')::jsonb as payload
       from audit_events e join audit_payloads p on p.event_id = e.id where e.event_type = 'log.contradicted'`,
  );
  return rows;
}

test("each newest checkpoint is shown, and the cosignature kept; an older one that nobody showed is skipped", async () => {
  const { db, seal, anchor, signer } = await witnessed();
  const sizes = [await seal()];
  expect(await anchor()).toMatchObject({ kind: "cosigned" });
  await seal();
  sizes.push(await seal());
  expect(await anchor()).toMatchObject({ kind: "cosigned", detail: `${sizes[1]} events` });
  expect(await anchor()).toMatchObject({ kind: "cosigned", detail: "the newest checkpoint" });
  const rows = await cosigned(db);
  expect(rows.map(({ size }) => size)).toEqual(sizes);
  for (const { note, line } of rows) {
    const cosignedNote = parseNote(formatNote(parseNote(note).text, [line]));
    expect(cosignaturesOf(cosignedNote, [signer.verifier])).toHaveLength(1);
  }
});

test("what the witness cosigned and the database does not remember is asked for again", async () => {
  const { db, seal, anchor } = await witnessed();
  const first = await seal();
  await anchor();
  await tamper(db, "delete from audit_cosignatures");
  expect(await anchor()).toMatchObject({ kind: "cosigned", detail: `${first} events` });
  await tamper(db, "delete from audit_cosignatures");
  const second = await seal();
  expect(await anchor()).toMatchObject({ kind: "cosigned" });
  expect((await cosigned(db)).map(({ size }) => size)).toEqual([second]);
});

test("a database that is older than what the witness saw is a critical event with the evidence, once", async () => {
  const { db, deps, seal, anchor } = await witnessed();
  await seal();
  const lost = await seal();
  await anchor();
  await tamper(db, `delete from audit_cosignatures; delete from audit_checkpoints where size = ${lost}`);
  const anchoring = startAnchoring(deps, QUIET);
  onTestFinished(() => anchoring.stop());
  await expect.poll(() => alarms(db), { timeout: 30_000 }).toHaveLength(1);
  expect(anchoring.state()).toMatchObject([{ kind: "contradicted", detail: expect.stringContaining(`seen ${lost} `) }]);
  const [alarm] = await alarms(db);
  expect(alarm?.subject_id).toBe("aura_orchestra/witness");
  expect(checkpointOf(alarm?.payload.evidence ?? "").size).toBe(lost);
  anchoring.wake();
  await anchor();
  await anchoring.stop();
  expect(await alarms(db)).toHaveLength(1);
});

test("whoever changes the past and signs it anew, with the keys and every row in his hands, is contradicted by the witness", async () => {
  const { db, seal, anchor, forget } = await witnessed();
  await seal();
  await anchor();
  await tamper(db, "update audit_leaves set leaf = sha256('other') where seq = 3; delete from audit_subtrees");
  await tamper(db, "delete from audit_checkpoints; delete from audit_cosignatures");
  forget();
  await seal();
  expect(await anchor()).toMatchObject({ kind: "contradicted", detail: expect.stringMatching(/^422 /) });
});

test("a witness that does not know the log, or is another than at first contact, says nothing about the log", async () => {
  const { db, seal, anchor, keys, ledger, witness } = await witnessed();
  await seal();
  rmSync(keys, { recursive: true });
  expect(await anchor()).toMatchObject({ kind: "refused", detail: expect.stringContaining("404") });
  mkdirSync(keys);
  const stranger = signerOf("aura_orchestra/witness", randomBytes(32), COSIGNATURE);
  ledger.write("witness.vkey", `${stranger.verifier.text}\n`);
  await seal();
  expect(await anchor()).toMatchObject({ kind: "refused", detail: expect.stringContaining("that it is known by") });
  await witness.close();
  expect(await anchor()).toMatchObject({ kind: "unreachable" });
  expect([await alarms(db), await cosigned(db)]).toEqual([[], []]);
});

test("another Auditor that is faster is no contradiction", async () => {
  const { db, deps, seal, anchor } = await witnessed();
  await seal();
  const [one] = await deps.witnesses();
  if (one === undefined) throw new Error("the witness shows its key");
  const behind = Object.create(deps.pool, {
    query: {
      value: async (...args: Parameters<typeof deps.pool.query>) => {
        const result = await deps.pool.query(...args);
        if (!overtaken) {
          overtaken = true;
          await seal();
          await anchor();
        }
        return result;
      },
    },
  });
  let overtaken = false;
  expect(await anchorOnce({ ...deps, pool: behind }, one)).toMatchObject({
    kind: "unreachable",
    detail: "another Auditor was faster",
  });
  expect(await anchor()).toMatchObject({ kind: "cosigned" });
  expect(await cosigned(db)).toHaveLength(1);
});
