import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import pg from "pg";
import { createPool, type Pool } from "../postgres/client.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const SCHEMA_SOURCES = ["database", "scripts/database"];
const LOGINS = ["migrator", "manager", "agent", "auditor", "observer"] as const;
type Login = (typeof LOGINS)[number];
const PASSWORD = "aura-test-password";
const DIRECTOR_KEY = "director-key-for-tests";
const LEADER = { actor_kind: "manager", actor_id: "manager" };
const LEASE_S = 600;

/** A migrated database of its own, with the real roles behind every URL and pool. */
export interface TestDatabase {
  readonly adminUrl: string;
  readonly urls: Readonly<Record<Login, string>>;
  /** `admin` is the superuser: what it does is what nobody can be kept from, and must show. */
  readonly pools: Readonly<Record<Login | "admin", Pool>>;
  readonly directorKey: string;
  readonly close: () => Promise<void>;
}

/**
 * A database for one test file, cloned from a template that is migrated once a server and schema. The server is that
 * of AURA_TEST_ADMIN_URL, which the vitest configuration sets. The Manager of the test (`MANAGER` of the factories) leads it,
 * unless `led` is false because real Managers stand for election.
 */
export async function testDatabase({ led = true }: { readonly led?: boolean } = {}): Promise<TestDatabase> {
  const serverUrl = process.env.AURA_TEST_ADMIN_URL;
  if (serverUrl === undefined)
    throw new Error("AURA_TEST_ADMIN_URL is not set: run vitest with --config scripts/config/vitest.config.ts");
  const name = `aura_test_${process.pid}_${randomBytes(4).toString("hex")}`;
  await withClient(serverUrl, async (client) => {
    const template = await readyTemplate(client, serverUrl);
    await client.query(`create database ${name} template ${template}`);
  });
  const adminUrl = urlOf(serverUrl, name);
  await withClient(adminUrl, async (client) => {
    await client.query(readFileSync(`${ROOT}database/bootstrap/database.sql`, "utf8"));
  });
  const database = open(serverUrl, adminUrl, name);
  if (led) await database.pools.manager.query("select from claim_leadership($1, $2)", [LEADER, LEASE_S]);
  return database;
}

function open(serverUrl: string, adminUrl: string, name: string): TestDatabase {
  const urls = Object.fromEntries(LOGINS.map((login) => [login, loginUrl(adminUrl, login)])) as Record<Login, string>;
  const poolOf = (login: string, url: string) => [login, createPool(url, `test-${login}`, 6)] as const;
  const pools = Object.fromEntries([poolOf("admin", adminUrl), ...LOGINS.map((login) => poolOf(login, urls[login]))]);
  return {
    adminUrl,
    urls,
    pools: pools as Record<Login | "admin", Pool>,
    directorKey: DIRECTOR_KEY,
    close: async () => {
      await Promise.all(Object.values(pools).map((pool) => pool.end()));
      await withClient(serverUrl, (client) => client.query(`drop database if exists ${name} with (force)`));
    },
  };
}

/** The template of this version of the schema; made under a lock by the first who wants it, whole or not at all. */
async function readyTemplate(client: pg.Client, serverUrl: string): Promise<string> {
  const name = `aura_template_${schemaHash()}`;
  const exists = async () => (await client.query("select from pg_database where datname = $1", [name])).rows.length > 0;
  if (await exists()) return name;
  await client.query("select pg_advisory_lock(hashtext('aura test template'))");
  try {
    if (await exists()) return name;
    await client.query(`drop database if exists ${name}_draft with (force)`);
    await client.query(`create database ${name}_draft`);
    await migrateDatabase(urlOf(serverUrl, `${name}_draft`));
    await client.query(`alter database ${name}_draft rename to ${name}`);
    return name;
  } finally {
    await client.query("select pg_advisory_unlock(hashtext('aura test template'))");
  }
}

/** As an installation does it: by the program. */
async function migrateDatabase(databaseUrl: string): Promise<void> {
  const passwords = Object.fromEntries(LOGINS.map((login) => [`AURA_${login.toUpperCase()}_PASSWORD`, PASSWORD]));
  await promisify(execFile)(process.execPath, [`${ROOT}scripts/migrate.ts`], {
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: databaseUrl,
      MANAGER_API_KEY: DIRECTOR_KEY,
      ENV: "test",
      ...passwords,
    },
  });
}

function schemaHash(): string {
  const hash = createHash("sha256");
  for (const folder of SCHEMA_SOURCES) {
    const files = readdirSync(ROOT + folder, { recursive: true, withFileTypes: true })
      .filter(
        (entry) => entry.isFile() && /\.(sql|ts)$/.test(entry.name) && !/\.test\.ts$|schema\.sql$/.test(entry.name),
      )
      .map((entry) => `${entry.parentPath}/${entry.name}`);
    for (const file of files.sort()) hash.update(file).update(readFileSync(file));
  }
  return hash.digest("hex").slice(0, 16);
}

function loginUrl(databaseUrl: string, login: Login): string {
  const url = new URL(databaseUrl);
  url.username = `aura_${login}`;
  url.password = PASSWORD;
  return url.href;
}

function urlOf(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
