import { sqlState } from "@aura/shared/postgres/client";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";

const SERVICES = ["manager", "agent", "auditor", "observer"] as const;
const PERMISSION_DENIED = "42501";
const NOT_A_TABLE = ["55000", "42809", "0A000", "428C9"]; // a view that cannot be written or truncated at all
const UNKNOWN_TYPE = "42704"; // a row type of the schema, which the observer does not even see

type Login = (typeof SERVICES)[number];

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

async function stateOf(login: Login, statement: string): Promise<string | undefined> {
  try {
    await db.pools[login].query(statement);
    return undefined;
  } catch (error) {
    return sqlState(error);
  }
}

/** Tries each statement as this login, undoing what succeeds; those that did not end with one of the states, and how. */
async function notRefused(login: Login, statements: readonly string[], ...states: string[]): Promise<string> {
  const list = statements.map((statement) => `$s$${statement}$s$`).join(", ");
  const attempt = `do $do$
    declare statement text; state text; passed text := '';
    begin
      foreach statement in array array[${list}] loop
        state := 'none';
        begin
          execute statement;
          raise exception 'done' using errcode = 'ZZ000';
        exception when others then state := sqlstate;
        end;
        if state <> all ('{${states.join(",")}}') then passed := passed || statement || ' (' || state || '); '; end if;
      end loop;
      raise exception '[%]', passed;
    end $do$`;
  const error = await db.pools[login].query(attempt).then(
    () => new Error("no answer"),
    (caught: Error) => caught,
  );
  return `${login}: ${error.message}`;
}

interface Table {
  readonly name: string;
  readonly column: string;
  readonly isView: boolean;
}

async function tables(): Promise<Table[]> {
  const { rows } = await db.pools.admin.query<Table & Record<string, unknown>>(
    `select format('%I.%I', c.relnamespace::regnamespace, c.relname) as name, (select quote_ident(a.attname) from pg_attribute a where a.attrelid = c.oid and a.attnum = 1) as column, c.relkind = 'v' as "isView"
     from pg_class c where c.relnamespace in ('public'::regnamespace, 'dash'::regnamespace, 'guard'::regnamespace) and c.relkind in ('r', 'p', 'v') order by 1`,
  );
  return rows;
}

interface Verb {
  readonly name: string;
  readonly call: string;
  readonly roles: readonly string[];
}

/** Every function of the schema, with a call of it and the services that may execute it. */
async function functions(): Promise<Verb[]> {
  const { rows } = await db.pools.admin.query<{ name: string; call: string; roles: string[] }>(
    `select p.proname as name,
            'select public.' || quote_ident(p.proname) || '(' || coalesce((
              select string_agg(case when p.provariadic <> 0 and n = p.pronargs then 'variadic ' else '' end
                                || 'null::' || replace(t::regtype::text, 'anyarray', 'uuid[]'), ', ' order by n)
              from unnest(p.proargtypes) with ordinality a (t, n)), '') || ')' as call,
            array(select right(r.rolname, -5) from pg_roles r where r.rolname in ('aura_manager', 'aura_agent', 'aura_auditor', 'aura_observer')
                  and has_function_privilege(r.oid, p.oid, 'execute')) as roles
     from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prorettype <> 'trigger'::regtype order by 1`,
  );
  return rows;
}

test("no service writes any table: INSERT, UPDATE, DELETE and TRUNCATE are refused to every role on every table", async () => {
  const all = await tables();
  expect(all.length).toBeGreaterThan(50);
  const writes = (table: Table) => [
    `insert into ${table.name} default values`,
    `update ${table.name} set ${table.column} = default`,
    `delete from ${table.name}`,
    `truncate ${table.name} cascade`,
  ];
  const realTables = all.filter((table) => !table.isView).flatMap(writes);
  const views = all.filter((table) => table.isView).flatMap(writes);
  for (const login of SERVICES) {
    expect(await notRefused(login, realTables, PERMISSION_DENIED)).toBe(`${login}: []`);
    expect(await notRefused(login, views, PERMISSION_DENIED, ...NOT_A_TABLE)).toBe(`${login}: []`);
  }
});

test("agents read no table, observers read the schema dash alone, nobody reads keys and tokens", async () => {
  const all = await tables();
  const reads = (tables: readonly Table[]) => tables.map((table) => `select from ${table.name}`);
  const published = all.filter((table) => table.name.startsWith("dash."));
  expect(await notRefused("agent", reads(all), PERMISSION_DENIED)).toBe("agent: []");
  expect(
    await notRefused("observer", reads(all.filter((table) => !published.includes(table))), PERMISSION_DENIED),
  ).toBe("observer: []");
  expect(await notRefused("observer", reads(published), "ZZ000")).toBe("observer: []");
  for (const login of ["manager", "auditor"] as const) {
    expect(await stateOf(login, "select key_sha256 from api_keys")).toBe(PERMISSION_DENIED);
    expect(await stateOf(login, "select * from api_keys")).toBe(PERMISSION_DENIED);
    expect(await stateOf(login, "select token_sha256 from agent_runtimes")).toBe(PERMISSION_DENIED);
    expect(await stateOf(login, "select id, providers from agent_runtimes")).toBeUndefined();
    expect(await stateOf(login, "select from task_queue")).toBeUndefined();
  }
  expect(await stateOf("manager", "select id, name, role from api_keys")).toBeUndefined();
  expect(await stateOf("auditor", "select id from api_keys")).toBe(PERMISSION_DENIED);
});

test("a verb is executable by one role alone, and refused to the others", async () => {
  const all = await functions();
  const shared = all.filter((verb) => verb.roles.length > 1).map((verb) => verb.name);
  expect(shared).toEqual(["ddl_guard_status", "put_blobs"]);
  const verbs = all.filter((verb) => verb.roles.length === 1);
  expect(verbs.length).toBeGreaterThan(45);
  expect(all.filter((verb) => verb.name.startsWith("_") && verb.roles.length > 0)).toEqual([]);
  for (const login of SERVICES) {
    const foreign = all.filter((verb) => !verb.roles.includes(login));
    const internal = foreign.filter((verb) => verb.name.startsWith("_")).map((verb) => verb.call);
    const others = foreign.filter((verb) => !verb.name.startsWith("_")).map((verb) => verb.call);
    expect(await notRefused(login, others, PERMISSION_DENIED)).toBe(`${login}: []`);
    expect(await notRefused(login, internal, PERMISSION_DENIED, UNKNOWN_TYPE)).toBe(`${login}: []`);
  }
});

test("assigning belongs to the Manager, judging to the Auditor, submitting to agents", async () => {
  const roles = new Map((await functions()).map((verb) => [verb.name, verb.roles]));
  for (const verb of ["assign_tasks", "verify_tasks", "land_revisions", "take_director_action"]) {
    expect(roles.get(verb), verb).toEqual(["manager"]);
  }
  for (const verb of ["record_verifications", "number_events", "append_events"]) {
    expect(roles.get(verb), verb).toEqual(["auditor"]);
  }
  for (const verb of ["accept_tasks", "submit_attempts", "reserve_call"])
    expect(roles.get(verb), verb).toEqual(["agent"]);
});

test("every verb is security definer with a fixed search_path, one function a name and a file", async () => {
  const { rows } = await db.pools.admin.query<{ name: string }>(
    `select p.proname as name from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prorettype <> 'trigger'::regtype
       and exists (select from pg_roles r where r.rolname ~ '^aura_(manager|agent|auditor)$' and has_function_privilege(r.oid, p.oid, 'execute'))
       and not (p.prosecdef and p.proconfig @> array['search_path=pg_catalog, public, pg_temp', 'TimeZone=UTC'])`,
  );
  expect(rows.map((row) => row.name)).toEqual(["ddl_guard_status"]); // it reads the catalog and no time
  const { rows: twice } = await db.pools.admin.query(
    "select proname from pg_proc where pronamespace = 'public'::regnamespace group by 1 having count(*) > 1",
  );
  expect(twice).toEqual([]);
});

test("assigned_agent has one writer: the assignment, and its withdrawal", async () => {
  const { rows } = await db.pools.admin.query<{ name: string }>(
    "select proname as name from pg_proc where pronamespace = 'public'::regnamespace and prosrc ~ 'assigned_agent = (i\\.agent_id|null)' order by 1",
  );
  expect(rows.map((row) => row.name)).toEqual(["_withdraw", "assign_tasks"]);
});
