import { randomBytes } from "node:crypto";
import { chmodSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { sealLog } from "@aura/shared/testing/sealing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkLog } from "../../services/auditor/src/ledger/log-check.ts";
import { type RunningPostgres, startPostgres } from "../system/embedded-postgres.ts";
import { checkInvariants } from "./invariants.ts";
import { type ScriptedModel, startScriptedModel } from "./scripted-model.ts";
import { startTestSystem } from "./test-system.ts";

/** The requirement: however the Auditor that seals ends, checkpoints come again within this time. */
const RECOVERY_S = 10;

let model: ScriptedModel;
beforeAll(async () => {
  model = await startScriptedModel(() => {
    throw new Error("nothing is asked here");
  });
});
afterAll(() => model.close());

test("the Auditor that seals is killed: another one seals within ten seconds, the log is whole, and tells of a superuser", async () => {
  const system = await startTestSystem(model, { isPatient: true, environment: { AURA_LEDGER_CHECK_S: "5" } });
  try {
    const { admin } = system.database.pools;
    const newest = async () =>
      (
        await admin.query<{ term: string; size: number }>(
          "select term, size::int from audit_checkpoints order by size desc limit 1",
        )
      ).rows[0];
    await expect.poll(newest, { timeout: 60_000 }).toBeDefined();
    const spare = await system.another("auditor");
    const before = await newest();

    process.kill(system.pidOf("auditor"), "SIGKILL");
    await admin.query("insert into projects (id, name) values (gen_random_uuid(), 'after the kill')");
    const killed = performance.now();
    const covered = async () => {
      const { rows } = await admin.query<{ covered: boolean }>(
        `select coalesce(l.seq < (select max(size) from audit_checkpoints), false) as covered
           from audit_events e left join audit_leaves l on l.event_id = e.id
          where e.event_type = 'project.created' order by e.id desc limit 1`,
      );
      return rows[0]?.covered;
    };
    await expect.poll(covered, { timeout: 60_000, interval: 50 }).toBe(true);
    const seconds = (performance.now() - killed) / 1000;
    console.log(`sealed again after ${seconds.toFixed(1)} s`);
    expect(seconds).toBeLessThan(RECOVERY_S);
    expect(Number((await newest())?.term)).toBeGreaterThan(Number(before?.term));
    await checkInvariants(system.database);
    await tellsOfSuperuser(system.database, spare.url);
  } finally {
    await system.close();
  }
});

/** Past every trigger: a right is given, and an event changed; both show in /readyz and in the log, by the check that comes next. */
async function tellsOfSuperuser({ pools }: TestDatabase, auditorUrl: string): Promise<void> {
  const detailOf = async (check: "posture" | "log") => {
    const reply = await fetch(`${auditorUrl}/readyz`);
    const { checks } = (await reply.json()) as { checks: Record<string, { ok: boolean; detail: string }> };
    return checks[check]?.detail;
  };
  const waits = { timeout: 60_000, interval: 250 };
  await expect.poll(() => detailOf("posture"), waits).toMatch(/^as released, checked at /);
  await expect.poll(() => detailOf("log"), waits).toMatch(/^as written and signed, checked at /);
  const client = await pools.admin.connect();
  await client.query(
    `begin; set local session_replication_role = replica; grant delete on audit_events to aura_manager;
     update audit_events set description = 'other' where id = (select event_id from audit_leaves where seq = 3); commit`,
  );
  client.release();
  await expect.poll(() => detailOf("posture"), waits).toBe("table public.audit_events is not as it was released");
  await expect.poll(() => detailOf("log"), waits).toBe("event 3: its column description was changed");
  const told = async () => {
    const { rows } = await pools.admin.query<{ told: string }>(
      `select distinct event_type || ' ' || subject_id as told from audit_events
        where severity = 'critical' and event_type in ('posture.violated', 'log.mismatch') order by 1`,
    );
    return rows.map((row) => row.told);
  };
  await expect.poll(told, waits).toEqual(["log.mismatch 3", "posture.violated table public.audit_events"]);
}

/** A server of its own, because it has to be stopped. */
async function withServer(
  work: (start: () => Promise<RunningPostgres>, dataFolder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "aura-heap-"));
  chmodSync(folder, 0o755); // Postgres runs as another user when this is root
  const given = process.env.AURA_TEST_ADMIN_URL;
  const dataFolder = join(folder, "postgres");
  const options = { dataFolder, password: randomBytes(16).toString("hex"), logFile: join(folder, "postgres.log") };
  let server: RunningPostgres | null = null;
  try {
    await work(async () => {
      server = await startPostgres({ ...options, ...(server === null ? {} : { port: server.port }) });
      process.env.AURA_TEST_ADMIN_URL = server.url("postgres");
      return server;
    }, dataFolder);
  } finally {
    process.env.AURA_TEST_ADMIN_URL = given;
    await (server as RunningPostgres | null)?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

test("bytes of the table's file are changed while the server is down: the event is named", async () => {
  await withServer(async (start, dataFolder) => {
    const server = await start();
    const db: TestDatabase = await testDatabase();
    await db.pools.admin.query("insert into projects (id, name) values (gen_random_uuid(), 'one')");
    await sealLog(db);
    const { rows } = await db.pools.admin.query<{ file: string; seq: number; id: string }>(
      `select pg_relation_filepath('audit_events') as file, l.seq::int, e.id
         from audit_events e join audit_leaves l on l.event_id = e.id where e.event_type = 'project.created' order by l.seq desc limit 1`,
    );
    const [{ file, seq, id } = { file: "", seq: -1, id: "" }] = rows;
    await server.stop();
    overwrite(join(dataFolder, file), `"id":"${id}"`, '"from":""', '"from":"x');
    await start();
    expect(await checkLog(db.pools.auditor, null, new AbortController().signal)).toContainEqual({
      seq,
      what: "its bytes are not those that were numbered",
    });
    await db.close();
  });
});

/** Replaces a text by another of its length, close before a mark that only one row has. */
function overwrite(file: string, mark: string, old: string, changed: string): void {
  const bytes = readFileSync(file);
  const at = bytes.lastIndexOf(old, bytes.indexOf(mark));
  expect([at > 0, changed.length]).toEqual([true, old.length]);
  const descriptor = openSync(file, "r+");
  writeSync(descriptor, changed, at);
  closeSync(descriptor);
}
