import { execFile } from "node:child_process";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createPool, type Pool } from "@aura/shared/postgres/client";
import { afterAll, beforeAll, expect, test } from "vitest";

const PROGRAM = fileURLToPath(new URL("../../scripts/migrate.ts", import.meta.url));
const PASSWORDS = ["MIGRATOR", "MANAGER", "AGENT", "AUDITOR", "OBSERVER"].map((login) => [
  `AURA_${login}_PASSWORD`,
  "aura-test-password",
]);

const serverUrl = process.env.AURA_TEST_ADMIN_URL ?? "";
const name = `aura_migrate_${process.pid}_${randomBytes(4).toString("hex")}`;
const databaseUrl = Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href;
let server: Pool;
let admin: Pool;
beforeAll(async () => {
  server = createPool(serverUrl, "test-migrate");
  await server.query(`create database ${name}`);
  admin = createPool(databaseUrl, "test-migrate");
});
afterAll(async () => {
  await admin.end();
  await server.query(`drop database ${name} with (force)`);
  await server.end();
});

/** Runs migrate; `heard` gets what it says while it is at work. */
async function run(
  env: Readonly<Record<string, string>>,
  heard: (text: string) => void = () => undefined,
): Promise<{ code: number; output: string }> {
  const all = {
    PATH: process.env.PATH,
    DATABASE_URL: databaseUrl,
    MANAGER_API_KEY: "first-director-key",
    ...Object.fromEntries(PASSWORDS),
    ...env,
  };
  const running = promisify(execFile)(process.execPath, [PROGRAM], { env: all });
  running.child.stdout?.on("data", (text) => heard(String(text)));
  return running.then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    (error) => ({ code: error.code, output: error.stderr }),
  );
}

test("two migrate runs at once on an empty database both end well, and a third finds nothing to do", {
  timeout: 60_000,
}, async () => {
  const both = await Promise.all([run({}), run({})]);
  expect(both.map((result) => result.code)).toEqual([0, 0]);
  const third = await run({});
  expect(third.output).toContain("the schema is current");
  const { rows } = await admin.query(
    "select count(*)::int as migrations, (select count(*)::int from guard.violations()) as violations from pgmigrations",
  );
  expect(rows[0]).toMatchObject({ violations: 0 });
  expect(rows[0].migrations).toBeGreaterThan(8);
});

test("a release that another file makes necessary is recorded, and repairs what was changed behind the guard", async () => {
  for (const guard of ["aura_ddl_guard", "aura_drop_guard"]) await admin.query(`alter event trigger ${guard} disable`);
  await admin.query("drop trigger refuse_delete on audit_events");
  for (const guard of ["aura_ddl_guard", "aura_drop_guard"]) await admin.query(`alter event trigger ${guard} enable`);
  expect((await run({})).code).toBe(0);
  const { rows } = await admin.query(
    "select from pg_trigger where tgrelid = 'audit_events'::regclass and tgname = 'refuse_delete'",
  );
  expect(rows).toHaveLength(1);
  const events = await admin.query(
    "select event_type, actor_kind, severity from audit_events where event_type in ('schema.released', 'ddl.create_trigger') order by id",
  );
  expect(events.rows).toEqual([
    { event_type: "schema.released", actor_kind: "migration", severity: "info" },
    { event_type: "ddl.create_trigger", actor_kind: "migration", severity: "warning" },
    { event_type: "schema.released", actor_kind: "migration", severity: "info" },
  ]);
});

test("a new MANAGER_API_KEY revokes the old one, and the old one can come back", async () => {
  const role = async (key: string) => (await admin.query("select role from authenticate_key($1)", [key])).rows;
  expect(await role("first-director-key")).toEqual([{ role: "director" }]);
  await run({ MANAGER_API_KEY: "second-director-key" });
  expect([await role("first-director-key"), await role("second-director-key")]).toEqual([[], [{ role: "director" }]]);
  await run({});
  expect([await role("first-director-key"), await role("second-director-key")]).toEqual([[{ role: "director" }], []]);
});

test("a configured key that a Director revoked stays revoked, and one that is registered otherwise is refused", async () => {
  const act = async (action: string, target: string, args: object) => {
    const ctx = { actor_kind: "manager", actor_id: "test", request_id: null, action_id: null };
    const { rows } = await admin.query(
      "select outcome, code from take_director_action($1, 'first-director-key', $2, $3, 'for the test', $4)",
      [ctx, action, target, args],
    );
    return rows[0];
  };
  const make = (key: string, role: string, id: string, name: string) =>
    act("create_key", id, { name, role, key_sha256: createHash("sha256").update(key).digest("hex"), expires_at: null });
  const [other, watcher, leaked] = [randomUUID(), randomUUID(), randomUUID()];
  expect(await make("another-director-key", "director", other, "another")).toMatchObject({ outcome: "done" });
  expect(await make("watcher-key-of-observer", "observer", watcher, "watcher")).toMatchObject({ outcome: "done" });
  expect(await make("leaked-director-key", "director", leaked, "leaked")).toMatchObject({ outcome: "done" });
  expect(await act("revoke_key", leaked, {})).toMatchObject({ outcome: "done" });
  const revoked = await run({ MANAGER_API_KEY: "leaked-director-key" });
  expect(revoked).toMatchObject({ code: 1, output: expect.stringContaining("was revoked by a Director") });
  const otherwise = await run({ MANAGER_API_KEY: "watcher-key-of-observer" });
  expect(otherwise).toMatchObject({ code: 1, output: expect.stringContaining("registered as another key (watcher)") });
  expect((await admin.query("select name from authenticate_key('first-director-key')")).rows).toHaveLength(1);
});

test("a release waits its turn where a service holds what it changes, and says so", { timeout: 60_000 }, async () => {
  await admin.query("update guard.schema_releases set sources_sha256 = 'older'");
  const service = await admin.connect();
  await service.query("begin; set local idle_in_transaction_session_timeout = 0"); // held however long the release takes to come to it
  await service.query("lock table task_queue in row exclusive mode");
  let retries = 0;
  const { code } = await run({}, (text) => {
    if (text.includes("trying again, 2 of 5") && ++retries === 1) void service.query("commit");
  });
  service.release();
  expect([code, retries]).toEqual([0, 1]);
});

test("production refuses the example key, and every bad variable is named at once", async () => {
  const example = await run({ ENV: "production", MANAGER_API_KEY: "local-dev-only" });
  expect(example).toMatchObject({ code: 1, output: expect.stringContaining("MANAGER_API_KEY") });
  const bad = await run({ DATABASE_URL: "nonsense", AURA_AGENT_PASSWORD: "", MANAGER_API_KEY: "x" });
  expect(bad.code).toBe(1);
  for (const variable of ["DATABASE_URL", "AURA_AGENT_PASSWORD", "MANAGER_API_KEY"])
    expect(bad.output).toContain(variable);
});
