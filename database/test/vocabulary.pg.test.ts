import { ACTOR_KINDS, AGENT_STANDINGS, DIRECTOR_ACTIONS, KEY_ROLES, SERVICE_ROLES } from "@aura/shared/enums/actor";
import { APPROVAL_KINDS, APPROVAL_STATUSES, OVERSIGHTS, RUN_STATUSES, STOP_REASONS } from "@aura/shared/enums/run";
import { ATTEMPT_OUTCOMES, TASK_KINDS, TASK_STATUSES } from "@aura/shared/enums/task";
import {
  BLOCK_DISPOSITIONS,
  TEST_OUTCOMES,
  VERDICTS,
  VERIFICATION_KINDS,
  VERIFICATION_OUTCOMES,
} from "@aura/shared/enums/verification";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

const COLUMNS: readonly (readonly [string, string, readonly string[]])[] = [
  ["task_queue", "status", TASK_STATUSES],
  ["task_queue", "kind", TASK_KINDS],
  ["task_attempts", "outcome", ATTEMPT_OUTCOMES],
  ["orchestra_runs", "status", RUN_STATUSES],
  ["orchestra_runs", "stop_reason", STOP_REASONS],
  ["orchestra_runs", "oversight", OVERSIGHTS],
  ["approvals", "kind", APPROVAL_KINDS],
  ["approvals", "status", APPROVAL_STATUSES],
  ["verdicts", "verdict", VERDICTS],
  ["verifications", "outcome", VERIFICATION_OUTCOMES],
  ["verification_requests", "kind", VERIFICATION_KINDS],
  ["test_results", "outcome", TEST_OUTCOMES],
  ["block_dispositions", "disposition", BLOCK_DISPOSITIONS],
  ["api_keys", "role", KEY_ROLES],
  ["agents", "standing", AGENT_STANDINGS],
];

test.each(COLUMNS)("%s.%s allows exactly the words of shared/src/enums", async (table, column, words) => {
  const { rows } = await db.pools.admin.query<{ definition: string }>(
    `select pg_get_constraintdef(c.oid) as definition from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = any (c.conkey)
     where c.conrelid = $1::regclass and c.contype = 'c' and a.attname = $2 and cardinality(c.conkey) = 1`,
    [table, column],
  );
  const lists = rows.map((row) => [...row.definition.matchAll(/'([a-z_]+)'::text/g)].map((match) => match[1]).sort());
  expect(lists).toContainEqual([...words].sort());
});

test("the moves of tasks use known states, and their verbs are functions or actions of the Director", async () => {
  const { rows } = await db.pools.admin.query<{ from_status: string; to_status: string; verb: string }>(
    "select from_status, to_status, verb from task_transitions",
  );
  const { rows: functions } = await db.pools.admin.query<{ proname: string }>(
    "select proname from pg_proc where pronamespace = 'public'::regnamespace",
  );
  const names = new Set<string>([...functions.map((row) => row.proname), ...DIRECTOR_ACTIONS]);
  for (const move of rows) {
    expect(TASK_STATUSES).toContain(move.from_status);
    expect(TASK_STATUSES).toContain(move.to_status);
    expect(names).toContain(move.verb);
  }
});

test("the database knows every action of the Director and every kind of actor", async () => {
  const source = async (name: string) =>
    (await db.pools.admin.query<{ prosrc: string }>("select prosrc from pg_proc where proname = $1", [name])).rows[0]
      ?.prosrc ?? "";
  const director = await source("take_director_action");
  for (const action of DIRECTOR_ACTIONS) expect(director).toContain(`'${action}'`);
  const frame = await source("_event_frame");
  for (const kind of ACTOR_KINDS) expect(frame).toContain(`'${kind}'`);
});

test("the logins of the server are those that shared/src/enums names", async () => {
  const { rows } = await db.pools.admin.query<{ rolname: string }>(
    "select rolname from pg_roles where rolname like 'aura\\_%' and rolcanlogin and not rolsuper",
  );
  expect(rows.map((row) => row.rolname).sort()).toEqual([...SERVICE_ROLES].sort());
});

test("every governed column is one of its table, and every governed table has its triggers", async () => {
  const { rows } = await db.pools.admin.query(
    `select g.table_name, c as column_name from governed_tables g, unnest(g.audited_columns || g.key_columns || g.silent_columns) c
     where not exists (select from pg_attribute a where a.attrelid = g.table_name::regclass and a.attname = c)
     union all
     select g.table_name, t from governed_tables g, unnest(array['audit_insert', 'audit_update', 'audit_delete', 'refuse_delete', 'refuse_truncate']) t
     where not exists (select from pg_trigger p where p.tgrelid = g.table_name::regclass and p.tgname = t and p.tgenabled = 'O')`,
  );
  expect(rows).toEqual([]);
});
