import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runner } from "node-pg-migrate";
import pg from "pg";

const FOLDER = fileURLToPath(new URL("../../database/", import.meta.url));
const ONE_AT_A_TIME = 4_185_610;
const EXAMPLE_KEY = "local-dev-only";

export const LOGINS = ["aura_migrator", "aura_manager", "aura_agent", "aura_auditor", "aura_observer"] as const;
export type Login = (typeof LOGINS)[number];

export interface MigrateOptions {
  /** The administrator's URL of the database to bring up to date; a superuser, or the owner where event triggers are not allowed. */
  readonly databaseUrl: string;
  readonly passwords: Readonly<Record<Login, string>>;
  /** MANAGER_API_KEY: becomes the director key, and the former one is revoked. Null leaves the keys as they are. */
  readonly directorKey: string | null;
  /** ENV=production: the example key is refused. */
  readonly production: boolean;
  readonly log: (line: string) => void;
}

/**
 * Brings a database, new or old, to the schema of this version: roles and grants as the administrator, everything else
 * as `aura_migrator`. Safe to run again and to run twice at once; a run that dies midway is finished by the next one.
 *
 * @throws {Error} naming the file whose SQL failed; what that file did is rolled back
 */
export async function migrate(options: MigrateOptions): Promise<void> {
  if (options.production && options.directorKey === EXAMPLE_KEY) {
    throw new Error("MANAGER_API_KEY is the example key: production needs one of its own");
  }
  await withClient(options.databaseUrl, async (admin) => {
    await admin.query("select pg_advisory_lock($1)", [ONE_AT_A_TIME]);
    await bootstrap(admin, options);
    await withClient(loginUrl(options.databaseUrl, "aura_migrator", options.passwords.aura_migrator), (migrator) =>
      bringUpToDate(migrator, options),
    );
  });
  options.log("the database is up to date");
}

/** The URL of another login to the same database. */
export function loginUrl(databaseUrl: string, login: string, password: string): string {
  const url = new URL(databaseUrl);
  url.username = encodeURIComponent(login);
  url.password = encodeURIComponent(password);
  return url.href;
}

async function bootstrap(admin: pg.Client, options: MigrateOptions): Promise<void> {
  options.log("roles");
  await inTransaction(admin, async () => {
    await applyFile(admin, "bootstrap/roles.sql");
    for (const login of LOGINS) {
      const password = options.passwords[login];
      await admin.query(`alter role ${login} password ${admin.escapeLiteral(password)}`);
    }
  });
  await inTransaction(admin, () => applyFile(admin, "bootstrap/database.sql"));
}

async function bringUpToDate(client: pg.Client, options: MigrateOptions): Promise<void> {
  await client.query("set role aura_owner");
  await client.query("set client_min_messages = warning");
  await runMigrations(client, options.log);
  await inTransaction(client, async () => {
    options.log("functions, triggers, views, grants");
    await client.query("set local check_function_bodies = off"); // they call each other in any order
    for (const file of sqlFiles("functions")) await applyFile(client, file);
    await applyFile(client, "triggers.sql");
    await client.query("select install_audit_triggers()");
    for (const file of sqlFiles("views")) await applyFile(client, file);
    await applyFile(client, "grants.sql");
    await applyFile(client, "seeds/bootstrap.sql");
    if (options.directorKey !== null) {
      await client.query("select _adopt_director_key($1)", [createHash("sha256").update(options.directorKey).digest()]);
    }
  });
}

async function runMigrations(client: pg.Client, log: (line: string) => void): Promise<void> {
  const done = await runner({
    dbClient: client,
    dir: `${FOLDER}migrations`,
    direction: "up",
    migrationsTable: "pgmigrations",
    singleTransaction: true,
    noLock: true, // ours is held
    logger: { debug: () => undefined, info: () => undefined, warn: log, error: log },
  });
  for (const migration of done) log(`migration ${migration.name}`);
}

function sqlFiles(folder: string): string[] {
  return readdirSync(FOLDER + folder)
    .filter((name) => name.endsWith(".sql"))
    .sort()
    .map((name) => `${folder}/${name}`);
}

async function applyFile(client: pg.Client, file: string): Promise<void> {
  try {
    await client.query(readFileSync(FOLDER + file, "utf8"));
  } catch (error) {
    throw new Error(`database/${file}: ${(error as Error).message}`, { cause: error });
  }
}

async function inTransaction(client: pg.Client, work: () => Promise<void>): Promise<void> {
  await client.query("begin");
  try {
    await work();
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
}

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: "aura-migrate" });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
