import { sqlState } from "@aura/shared/postgres/client";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

const GUARDED = "AU004";

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  expect(await violations()).toEqual([]);
});

async function violations(): Promise<string[]> {
  const { rows } = await db.pools.auditor.query<{ v: string }>("select guard.violations() as v");
  return rows.map((row) => row.v);
}

/** `drop owned` also takes rights on what all databases of the server share, and tests beside this one change those rows, too. */
const isRace = (error: unknown) => error instanceof Error && error.message.startsWith("tuple concurrently");

/** Runs statements as a login in one session (the migrate login as the schema's owner); state of the first that fails. */
async function stateOf(login: "migrator" | "admin", ...statements: string[]): Promise<string | undefined> {
  const client = await db.pools[login].connect();
  try {
    if (login === "migrator") await client.query("set role aura_owner");
    for (const statement of statements) await client.query(statement);
    return undefined;
  } catch (error) {
    if (isRace(error)) return stateOf(login, ...statements);
    return sqlState(error);
  } finally {
    await client.query("reset role");
    client.release(true);
  }
}

const CHANGES = [
  "drop table audit_leaves cascade",
  "drop table evidence cascade",
  "alter table audit_events drop column description cascade",
  "alter table audit_events rename column description to note",
  "alter table audit_events rename to old_events",
  "alter table task_queue alter column usd_limit type numeric",
  "alter table verdicts alter column detail type varchar(500)",
  "alter table task_queue alter column status drop not null",
  "alter table task_queue drop constraint task_queue_status_known",
  "alter table audit_events alter column created_at set default '2000-01-01'",
  "alter table audit_events disable trigger refuse_update",
  "alter table audit_events disable trigger all",
  "drop trigger refuse_delete on audit_events",
  "alter table audit_events enable row level security",
  "alter table audit_events owner to aura_migrator",
  "alter table task_leases set logged",
  "alter table audit_events set schema dash",
  "create rule swallow as on insert to audit_events do instead nothing",
  "create policy hide on audit_events using (false)",
  "create table more_events () inherits (audit_events)",
  "create or replace function number_events(p_limit int) returns table (size bigint, numbered int) language sql as 'select 1::bigint, 1'",
  "create function verify_tasks(ctx json, task_ids uuid[], verification_ids uuid[]) returns int language sql as 'select 1'",
  "drop function record_verifications",
  "alter function refuse_change() rename to allow_change",
  "alter function assign_tasks(jsonb, uuid[], uuid[], bytea[]) security invoker",
  "alter view dash.runs rename to shown_runs",
  "drop view dash.events",
  "drop index verification_requests_once",
  "drop sequence audit_counter",
  "alter sequence audit_counter owner to aura_migrator",
  "grant delete on audit_events to aura_manager",
  "grant execute on function record_verifications(jsonb, text, jsonb) to aura_manager",
  "revoke select on audit_events from aura_auditor",
  "alter default privileges grant execute on functions to public",
  "alter type verb_outcome drop attribute detail",
];

test.each(CHANGES)("the migrate login is refused outside a release: %s", async (statement) => {
  const state = await stateOf("migrator", statement);
  expect(["AU004", "42501"], `${state}`).toContain(state);
  if (state !== GUARDED) expect(await stateOf("admin", statement)).toBe(GUARDED);
});

test("a trigger that would swallow events is refused, its function in pg_temp or not", async () => {
  const swallow = "returns trigger language plpgsql as $$ begin return null; end $$";
  for (const schema of ["pg_temp", "public"]) {
    const state = await stateOf(
      "migrator",
      `create function ${schema}.swallow_${schema}() ${swallow}`,
      `create trigger aaa before insert on audit_events for each row execute function ${schema}.swallow_${schema}()`,
    );
    expect(["AU004", "42501"]).toContain(state);
  }
});

test("dropping everything that is owned, or a schema, is refused", async () => {
  expect(await stateOf("admin", "drop schema public cascade")).toBe(GUARDED);
  expect(await stateOf("admin", "drop owned by aura_owner cascade")).toBe(GUARDED);
  expect(await stateOf("admin", "alter schema dash rename to shown")).toBe(GUARDED);
  expect(await stateOf("admin", "drop function guard.release_is_open()")).toBeDefined();
});

test("new tables, columns and indexes are allowed, and each is a critical event outside a release", async () => {
  const before = await ddlEvents();
  const state = await stateOf(
    "migrator",
    "create table notes (id int primary key)",
    "alter table task_queue add column colour text",
    "create index task_queue_colour on task_queue (colour)",
  );
  expect(state).toBeUndefined();
  const added = (await ddlEvents()).slice(before.length);
  expect(added.map((event) => event.event_type)).toEqual([
    "ddl.create_table",
    "ddl.create_index",
    "ddl.alter_table",
    "ddl.create_index",
  ]);
  for (const event of added)
    expect(event).toMatchObject({ actor_kind: "unattributed", severity: "critical", source: "migrate" });
});

async function ddlEvents() {
  const { rows } = await db.pools.auditor.query<{
    event_type: string;
    actor_kind: string;
    severity: string;
    source: string;
  }>("select event_type, actor_kind, severity, source from audit_events where event_type like 'ddl.%' order by id");
  return rows;
}

test("nothing that runs inside the verbs is added to a table outside a release", async () => {
  for (const statement of [
    "alter table task_queue add column note text default query_to_xml('select 1', false, false, '')::text",
    "alter table task_queue add column shade text generated always as (lower(title)) stored",
    "alter table task_queue add constraint titled check (length(title) > 0) not valid",
    "create index task_queue_lower on task_queue (lower(title))",
    "create index task_queue_some on task_queue (title) where lower(title) = 'x'",
  ]) {
    expect(await stateOf("migrator", statement), statement).toBe(GUARDED);
  }
});

test("the migrate login writes no row outside a release, whoever it says it is", async () => {
  const tables = await db.pools.admin.query<{ name: string }>(
    "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'notes' order by 1",
  );
  expect(tables.rows.length).toBeGreaterThan(40);
  for (const actor of ["migration", "manager", "director"]) {
    const act = `select _act_as('${actor}', 'forged', null, null)`;
    for (const { name } of actor === "migration" ? tables.rows : [{ name: "api_keys" }, { name: "task_queue" }]) {
      expect(await stateOf("migrator", act, `insert into ${name} default values`), name).toBe(GUARDED);
    }
  }
  const forged = "update task_queue set status = 'verified'";
  expect(await stateOf("migrator", "select _act_as('migration', 'forged', null, null)", forged)).toBe(GUARDED);
  expect(await stateOf("migrator", "select _adopt_director_key(sha256('forged'))")).toBe(GUARDED);
});

test("even in a release no table or column is dropped, renamed or retyped, while a function may be replaced", async () => {
  const client = await db.pools.admin.connect();
  try {
    await client.query("select guard.open_release()");
    for (const statement of [
      "alter table task_queue drop column title cascade",
      "alter table task_queue rename column title to name",
      "alter table task_queue alter column usd_limit type numeric",
      "drop table test_results cascade",
      "alter table evidence rename to proof",
    ]) {
      await expect(client.query(statement), statement).rejects.toMatchObject({ code: GUARDED });
    }
    await client.query(
      "create or replace function _is_stopped() returns boolean language sql stable as 'select false'",
    );
    await client.query("select guard.close_release('test')");
  } finally {
    client.release(true);
  }
  expect(
    await stateOf(
      "migrator",
      "create or replace function _is_stopped() returns boolean language sql stable as 'select true'",
    ),
  ).toBe(GUARDED);
});

test("a release ends with the session that opened it, and nobody but the administrator opens one", async () => {
  const client = await db.pools.admin.connect();
  await client.query("select guard.open_release()");
  client.release(true);
  await expect
    .poll(async () => (await db.pools.auditor.query("select guard.release_is_open() as open")).rows[0])
    .toEqual({ open: false });
  for (const login of ["migrator", "manager", "agent", "auditor", "observer"] as const) {
    await expect(db.pools[login].query("select guard.open_release()"), login).rejects.toMatchObject({ code: "42501" });
  }
});

test("the rules themselves are out of reach outside a release", async () => {
  for (const statement of [
    "insert into task_transitions values ('submitted', 'verified', 'no_verb')",
    "delete from run_transitions",
    "update governed_tables set audited_columns = '{}'",
    "truncate event_type_roles",
  ]) {
    expect(await stateOf("migrator", statement), statement).toBe(GUARDED);
    expect(await stateOf("admin", statement), statement).toBe(GUARDED);
  }
});

test("a login that lends itself to another, or gets more rights, is found", async () => {
  const changes = [
    ["grant aura_observer to aura_agent", "role aura_observer"],
    ["alter role aura_agent createdb", "role aura_agent"],
  ] as const;
  for (const [change, found] of changes) {
    const client = await db.pools.admin.connect();
    await client.query("begin"); // roles belong to the whole server, where other tests run
    await client.query(change);
    const { rows } = await client.query<{ v: string }>("select guard.violations() as v");
    expect(rows.map((row) => row.v)).toEqual([found]);
    await client.query("rollback");
    client.release();
  }
});

test("the guard says whether it is enforced; where it is not, changes are still found", async () => {
  const status = async () => (await db.pools.manager.query("select ddl_guard_status() as status")).rows[0];
  const guards = ["aura_ddl_guard", "aura_drop_guard"];
  expect(await status()).toEqual({ status: "enforced" });
  for (const guard of guards) await db.pools.admin.query(`alter event trigger ${guard} disable`);
  expect(await status()).toEqual({ status: "detect_only" });
  await db.pools.admin.query("drop trigger refuse_delete on audit_events");
  expect(await violations()).toEqual([
    ...guards.map((guard) => `event_trigger ${guard}`),
    "triggers public.audit_events",
  ]);
  await db.pools.admin.query(
    "create trigger refuse_delete before delete on audit_events for each statement execute function refuse_change()",
  );
  for (const guard of guards) await db.pools.admin.query(`alter event trigger ${guard} enable`);
  expect(await violations()).toEqual([]);
});
