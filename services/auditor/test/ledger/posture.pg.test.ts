import { createLog } from "@aura/shared/log";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { sealLog } from "@aura/shared/testing/sealing";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { readPosture } from "../../src/db/posture-statements.ts";
import { findingsOf } from "../../src/ledger/posture.ts";
import { checkPosture, startPostureCheck } from "../../src/ledger/posture-loop.ts";
import { tamper } from "./tampering.ts";

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

test("a change of a role is found", async () => {
  await shared.pools.admin.query("alter role aura_observer bypassrls");
  onTestFinished(async () => void (await shared.pools.admin.query("alter role aura_observer nobypassrls")));
  expect(await findings(shared)).toEqual([`role aura_observer ${CHANGED}`]);
});

test("a log that swallows what is appended does not pass, although nothing else is wrong with it", async () => {
  const db = await testDatabase();
  onTestFinished(() => db.close());
  await sealLog(db);
  expect(await checkPosture(db.pools.auditor, "auditor-one")).toEqual([]);
  const { rows } = await db.pools.admin.query(
    "select actor_id, description from audit_events where event_type = 'posture.checked'",
  );
  expect(rows).toEqual([{ actor_id: "auditor-one", description: "posture checked, 0 findings" }]);
  await tamper(db, "create rule r as on insert to audit_events do instead nothing");
  expect(await checkPosture(db.pools.auditor, "auditor-one")).toContainEqual({
    subject: "table public.audit_events",
    what: "does not keep what is appended",
  });
});

test("each finding is one critical event, however often it is found", async () => {
  const db = await testDatabase();
  onTestFinished(() => db.close());
  await sealLog(db);
  await tamper(db, "grant delete on audit_events to aura_manager");
  const check = startPostureCheck(db.pools.auditor, createLog("auditor", "silent"), "auditor-one", 20);
  const checks = () => db.pools.admin.query("select from audit_events where event_type = 'posture.checked'");
  await expect.poll(async () => (await checks()).rows.length, { timeout: 30_000 }).toBeGreaterThan(2);
  await check.stop();
  expect(check.state()?.findings).toHaveLength(1);
  const { rows } = await db.pools.admin.query(
    "select severity, subject_id from audit_events where event_type = 'posture.violated'",
  );
  expect(rows).toEqual([{ severity: "critical", subject_id: "table public.audit_events" }]);
});
