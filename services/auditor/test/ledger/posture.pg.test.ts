import { createLog } from "@aura/shared/log";
import { createPool } from "@aura/shared/postgres/client";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { sealLog } from "@aura/shared/testing/sealing";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { readPosture, readPostureWithin } from "../../src/db/posture-statements.ts";
import { findingsOf } from "../../src/ledger/posture.ts";
import { checkPosture, startPostureCheck } from "../../src/ledger/posture-loop.ts";
import { tamper } from "./tampering.ts";

const silent = createLog("auditor", "silent");
const waits = { timeout: 30_000 };
let shared: TestDatabase;
beforeAll(async () => {
  shared = await testDatabase();
  await sealLog(shared);
});
afterAll(() => shared?.close());

async function findings(db: TestDatabase): Promise<string[]> {
  return findingsOf(await readPosture(db.pools.auditor)).map(({ subject, what }) => `${subject} ${what}`);
}

test("the schema is as it was released, by the hash in a sealed event", async () => {
  const posture = await readPosture(shared.pools.auditor);
  expect(posture.manifest.length).toBeGreaterThan(500);
  expect(posture.released_sha256).toBe(posture.manifest_sha256);
  expect(findingsOf(posture)).toEqual([]);
});

const CHANGED = "is not as it was released";
const ATTACKS: readonly (readonly [string, string, string])[] = [
  [
    "a trigger that swallows events",
    "create function swallow() returns trigger language plpgsql as 'begin return null; end'; create trigger a before insert on audit_events for each row execute function swallow()",
    `triggers public.audit_events ${CHANGED}`,
  ],
  [
    "a trigger that is switched off",
    "alter table audit_events disable trigger refuse_update",
    `triggers public.audit_events ${CHANGED}`,
  ],
  ["a rule", "create rule r as on insert to audit_events do instead nothing", `rules public.audit_events ${CHANGED}`],
  ["a policy", "create policy p on audit_events using (true)", `rules public.audit_events ${CHANGED}`],
  ["row security", "alter table task_queue enable row level security", `table public.task_queue ${CHANGED}`],
  ["a grant", "grant delete on audit_events to aura_manager", `table public.audit_events ${CHANGED}`],
  [
    "another owner",
    "do $$ begin execute format('alter table audit_events owner to %I', session_user); end $$",
    `table public.audit_events ${CHANGED}`,
  ],
  [
    "another body of a verb",
    "create or replace function number_events(p_limit int) returns table (size bigint, numbered int) language sql as 'select 0::bigint, 0'",
    `function public.number_events ${CHANGED}`,
  ],
  [
    "another body of the guard",
    "create or replace function guard.violations(p_shapes_only boolean default false) returns setof text language sql as 'select null::text where false'",
    `function guard.violations ${CHANGED}`,
  ],
  ["a child table", "create table c () inherits (audit_events)", `table public.audit_events ${CHANGED}`],
  [
    "an event trigger that is switched off",
    "alter event trigger aura_ddl_guard disable",
    `event_trigger aura_ddl_guard ${CHANGED}`,
  ],
  [
    "a new event trigger",
    "create function e() returns event_trigger language plpgsql as 'begin end'; create event trigger e on ddl_command_end execute function e()",
    "event_trigger e is not part of any release",
  ],
  ["a publication", "create publication p for table audit_events", "publication p is not part of any release"],
  [
    "a manifest that was rewritten with the change",
    "grant delete on audit_events to aura_manager; select guard.adopt_catalog()",
    "manifest guard.schema_manifest is not the one that was released",
  ],
  [
    "one row of the manifest that was rewritten",
    "update guard.schema_manifest set definition_sha256 = md5('x') where kind = 'function' and identity = 'public.number_events'",
    "manifest guard.schema_manifest is not the one that was released",
  ],
  [
    "a function beside those of the server",
    "create function pg_catalog.sha256(text) returns bytea language sql as 'select null::bytea'",
    "function pg_catalog.sha256 is not part of any release",
  ],
  [
    "a function of the server that was replaced",
    "create or replace function pg_catalog.ascii(text) returns int language plpgsql immutable strict as 'begin return 0; end'",
    "function pg_catalog.ascii is not part of any release",
  ],
  [
    "a view beside those of the server",
    "set local allow_system_table_mods = on; create view pg_catalog.audit_events as select 1 as one",
    "relation pg_catalog.audit_events is not part of any release",
  ],
  [
    "a setting of a login that stands in for a verb",
    "do $$ begin execute format('alter role aura_observer in database %I set aura.verb = %L', current_database(), 'archive_payloads'); end $$",
    "setting aura_observer aura.verb=archive_payloads is not part of any release",
  ],
  [
    "a setting that switches triggers off",
    "do $$ begin execute format('alter database %I set session_replication_role = replica', current_database()); end $$",
    "setting database session_replication_role=replica is not part of any release",
  ],
];

test.each(ATTACKS)("%s is found, done by a superuser past all triggers", async (_, statements, finding) => {
  const db = await testDatabase();
  onTestFinished(() => db.close());
  await sealLog(db);
  await tamper(db, statements);
  expect(await findings(db)).toContain(finding);
});

/** Roles are of the whole server: what is changed is seen here alone, and undone. */
test.each([
  ["alter role aura_observer bypassrls", `role aura_observer ${CHANGED}`],
  ["grant aura_owner to aura_observer", `role aura_owner ${CHANGED}`],
  ["grant aura_manager to aura_agent", `role aura_manager ${CHANGED}`],
  [
    "grant pg_write_all_data to aura_observer",
    "membership of aura_observer in pg_write_all_data is not part of any release",
  ],
  [
    "alter role aura_manager set session_replication_role = replica",
    "setting aura_manager session_replication_role=replica is not part of any release",
  ],
])("a change of a role is found: %s", async (statement, finding) => {
  const client = await shared.pools.admin.connect();
  try {
    await client.query(`begin; ${statement}`);
    const found = findingsOf(await readPostureWithin(client));
    expect(found.map(({ subject, what }) => `${subject} ${what}`)).toEqual([finding]);
  } finally {
    await client.query("rollback");
    client.release();
  }
});

test("triggers that are switched off for the whole server are found", async () => {
  const options = `options=${encodeURIComponent("-c session_replication_role=replica")}`;
  const pool = createPool(`${shared.adminUrl}${shared.adminUrl.includes("?") ? "&" : "?"}${options}`, "test", 1);
  onTestFinished(() => pool.end());
  expect((await readPosture(pool)).extras).toEqual(["setting server session_replication_role=replica"]);
});

test("a log that swallows what is appended does not pass, although nothing else is wrong with it", async () => {
  const db = await testDatabase();
  onTestFinished(() => db.close());
  await sealLog(db);
  const check = async () => checkPosture(db.pools.auditor, "auditor-one", await readPosture(db.pools.auditor));
  expect(await check()).toEqual([]);
  const { rows } = await db.pools.admin.query(
    "select actor_id, description from audit_events where event_type = 'posture.checked'",
  );
  expect(rows).toEqual([{ actor_id: "auditor-one", description: "posture checked, 0 findings" }]);
  await tamper(db, "create rule r as on insert to audit_events do instead nothing");
  const lost = { subject: "table public.audit_events", what: "does not keep what is appended" };
  expect(await check()).toContainEqual(lost);
  await tamper(
    db,
    "drop rule r on audit_events; alter table audit_events add constraint no check (event_type <> 'posture.checked') not valid",
  );
  expect(await check()).toContainEqual(lost);
});

test("a release that is gone from the log leaves a manifest that nothing vouches for", async () => {
  const db = await testDatabase();
  onTestFinished(() => db.close());
  await sealLog(db);
  await tamper(db, "delete from audit_events where event_type = 'schema.released'");
  const posture = await readPosture(db.pools.auditor);
  expect(posture.releasing).toBe("the newest release is under no checkpoint");
  expect(findingsOf(posture)).toEqual([
    { subject: "manifest guard.schema_manifest", what: "lies under no checkpoint" },
  ]);
});

test("a check that cannot be made is no good sign: it says so, and goes on when it can", async () => {
  const db = await testDatabase();
  onTestFinished(() => db.close());
  await sealLog(db);
  await tamper(db, "revoke select on guard.schema_manifest from aura_auditor");
  const check = startPostureCheck(db.pools.auditor, silent, "auditor-one", 20);
  onTestFinished(() => check.stop());
  const failed = () => check.state()?.failed;
  await expect.poll(failed, waits).toBe("permission denied for table schema_manifest");
  await tamper(db, "grant select on guard.schema_manifest to aura_auditor");
  await expect.poll(failed, waits).toBeNull();
  expect(check.state()?.findings).toEqual([]);
});

test("a release is waited for until it is under a checkpoint, but not for ever", async () => {
  const db = await testDatabase();
  onTestFinished(() => db.close());
  await sealLog(db);
  const client = await db.pools.admin.connect();
  await client.query("select guard.open_release()");
  const patient = startPostureCheck(db.pools.auditor, silent, "auditor-one", 20);
  const hasty = startPostureCheck(db.pools.auditor, silent, "auditor-two", 20, 0);
  onTestFinished(async () => void (await Promise.all([patient.stop(), hasty.stop()])));
  const first = () => hasty.state()?.findings[0];
  const lasting = { subject: "release", what: "does not end: a release is open" };
  await expect.poll(first, waits).toEqual(lasting);
  await client.query("select guard.close_release('test')");
  client.release();
  await expect
    .poll(first, waits)
    .toEqual({ ...lasting, what: "does not end: the newest release is under no checkpoint" });
  expect(patient.state()).toBeNull();
  await hasty.stop();
  await sealLog(db);
  await expect.poll(() => patient.state()?.findings, waits).toEqual([]);
});

test("each finding is one critical event, however often it is found", async () => {
  const db = await testDatabase();
  onTestFinished(() => db.close());
  await sealLog(db);
  await tamper(db, "grant delete on audit_events to aura_manager");
  const check = startPostureCheck(db.pools.auditor, silent, "auditor-one", 20);
  const checks = () => db.pools.admin.query("select from audit_events where event_type = 'posture.checked'");
  await expect.poll(async () => (await checks()).rows.length, { timeout: 30_000 }).toBeGreaterThan(2);
  await check.stop();
  expect(check.state()?.findings).toHaveLength(1);
  const { rows } = await db.pools.admin.query(
    "select severity, subject_id from audit_events where event_type = 'posture.violated'",
  );
  expect(rows).toEqual([{ severity: "critical", subject_id: "table public.audit_events" }]);
});
