import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { runner } from "node-pg-migrate";
import pg from "pg";

const FOLDER = fileURLToPath(new URL("../../database/", import.meta.url));
const ONE_AT_A_TIME = 4_185_610;
const EXAMPLE_KEY = "local-dev-only";
const TRIES_MAX = 5;
const RETRY_MS = 500;
const LOCK_TIMEOUT_MS = 5_000;

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
    await admin.query(`set lock_timeout = ${LOCK_TIMEOUT_MS}`);
    await prepareLogins(admin, options);
    if (!(await isCurrent(admin))) {
      await release(admin, options, async (migrator) => {
        await bringUpToDate(migrator, options);
        await adoptDirectorKey(migrator, options);
      });
    } else {
      options.log("the schema is current");
      if (!(await isDirectorKey(options))) {
        await release(admin, options, (migrator) => adoptDirectorKey(migrator, options));
      }
    }
  });
  options.log("the database is up to date");
}

async function isGuarded(admin: pg.Client): Promise<boolean> {
  const { rows } = await admin.query("select to_regprocedure('guard.open_release()') is not null as guarded");
  return rows[0].guarded;
}

/** True when exactly these files were applied last and nobody changed the schema since. */
async function isCurrent(admin: pg.Client): Promise<boolean> {
  if (!(await isGuarded(admin))) return false;
  const { rows } = await admin.query(
    `select coalesce((select sources_sha256 from guard.schema_releases where closed_at is not null order by id desc limit 1) = $1, false)
       and exists (select from guard.schema_manifest) and not exists (select from guard.violations()) as current`,
    [sourcesSha256()],
  );
  return rows[0].current;
}

/** In this order: each needs the one before. */
const GUARD_FILES = ["schema.sql", "guard_manifest.sql", "guard_catalog.sql", "ddl_guard.sql"];

/** The DDL guard lets this pass while the release is open, which ends with the administrator's session at the latest. */
async function release(
  admin: pg.Client,
  options: MigrateOptions,
  work: (migrator: pg.Client) => Promise<void>,
): Promise<void> {
  options.log("schema guard");
  await admin.query("set client_min_messages = warning");
  if (await isGuarded(admin)) await admin.query("select guard.open_release()");
  await inTransaction(admin, options.log, async () => {
    for (const file of GUARD_FILES) await applyFile(admin, `bootstrap/${file}`);
    await admin.query("select guard.open_release()");
  });
  await asMigrator(options, work);
  await admin.query("select guard.close_release($1)", [sourcesSha256()]);
}

function asMigrator(options: MigrateOptions, work: (migrator: pg.Client) => Promise<void>): Promise<void> {
  return withClient(
    loginUrl(options.databaseUrl, "aura_migrator", options.passwords.aura_migrator),
    async (migrator) => {
      await migrator.query("set role aura_owner");
      await migrator.query(`set lock_timeout = ${LOCK_TIMEOUT_MS}`);
      await work(migrator);
    },
  );
}

/** True when there is nothing to do about the director key. */
async function isDirectorKey({ directorKey, ...options }: MigrateOptions): Promise<boolean> {
  if (directorKey === null) return true;
  let isAlone = false;
  await asMigrator({ ...options, directorKey }, async (migrator) => {
    const { rows } = await migrator.query(
      "select coalesce(array_agg(key_sha256) = array[$1::bytea], false) as alone from api_keys where name = 'director' and role = 'director' and revoked_at is null",
      [keySha256(directorKey)],
    );
    isAlone = rows[0].alone;
  });
  return isAlone;
}

async function adoptDirectorKey(migrator: pg.Client, { directorKey }: MigrateOptions): Promise<void> {
  if (directorKey !== null) await migrator.query("select _adopt_director_key($1)", [keySha256(directorKey)]);
}

function keySha256(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}

/** The URL of another login to the same database. */
function loginUrl(databaseUrl: string, login: string, password: string): string {
  const url = new URL(databaseUrl);
  url.username = encodeURIComponent(login);
  url.password = encodeURIComponent(password);
  return url.href;
}

async function prepareLogins(admin: pg.Client, options: MigrateOptions): Promise<void> {
  options.log("roles");
  await inTransaction(admin, options.log, async () => {
    await applyFile(admin, "bootstrap/roles.sql");
    for (const login of LOGINS) {
      await admin.query(`alter role ${login} password ${admin.escapeLiteral(options.passwords[login])}`);
    }
    await applyFile(admin, "bootstrap/database.sql");
  });
}

async function bringUpToDate(client: pg.Client, options: MigrateOptions): Promise<void> {
  await client.query("set client_min_messages = warning");
  await patiently(options.log, () => runMigrations(client, options.log));
  options.log("functions, triggers, views, grants");
  await inTransaction(client, options.log, async () => {
    await client.query("set local check_function_bodies = off"); // they call each other in any order
    for (const file of sqlFiles("functions")) await applyFile(client, file);
    await applyFile(client, "triggers.sql");
    await client.query("select install_audit_triggers()");
    for (const file of sqlFiles("views")) await applyFile(client, file);
    await applyFile(client, "grants.sql");
    await applyFile(client, "seeds/bootstrap.sql");
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

/** Hash over every file that makes the schema. */
function sourcesSha256(): string {
  const hash = createHash("sha256");
  const files = ["bootstrap", "migrations", "functions", "views", "seeds"].flatMap(sqlFiles);
  for (const file of [...files, "triggers.sql", "grants.sql"])
    hash.update(`${file}\n`).update(readFileSync(FOLDER + file));
  return hash.digest("hex");
}

async function applyFile(client: pg.Client, file: string): Promise<void> {
  try {
    await client.query(readFileSync(FOLDER + file, "utf8"));
  } catch (error) {
    throw new Error(`database/${file}: ${(error as Error).message}`, { cause: error });
  }
}

/** One transaction, begun again where services at work stood in its way. */
function inTransaction(client: pg.Client, log: MigrateOptions["log"], work: () => Promise<void>): Promise<void> {
  return patiently(log, async () => {
    await client.query("begin");
    try {
      await work();
      await client.query("commit");
    } catch (error) {
      await client.query("rollback");
      throw error;
    }
  });
}

/** Tries again what ended in a deadlock with running services, or waited too long for a lock of theirs. */
async function patiently(log: MigrateOptions["log"], work: () => Promise<void>): Promise<void> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isInTheWay(error) || tried >= TRIES_MAX) throw error;
      log(`running services were in the way (${(error as Error).message}); trying again, ${tried + 1} of ${TRIES_MAX}`);
      await sleep(RETRY_MS * tried);
    }
  }
}

const DEADLOCK = "40P01";
const LOCK_TIMEOUT = "55P03";

function isInTheWay(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof pg.DatabaseError && [DEADLOCK, LOCK_TIMEOUT].includes(cause.code ?? "")) return true;
  }
  return false;
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
