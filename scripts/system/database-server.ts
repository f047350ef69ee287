import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { homeSecrets, readJsonFile, writePrivateFile } from "./aura-home.ts";
import { type RunningPostgres, startPostgres } from "./embedded-postgres.ts";
import type { RuntimeFile } from "./runtime-file.ts";

const DATABASE = "aura_orchestra";
const RESTART_PAUSE_MS = 1000;

export type RoleUrls = RuntimeFile["role_urls"];

export interface DatabaseServer {
  /** The administrator's, of the database that Aura uses (it may have to be made). */
  readonly administratorUrl: string;
  readonly roleUrls: RoleUrls;
  /** Null: the server is not ours. */
  readonly pid: () => number | null;
  readonly stop: () => Promise<void>;
}

/**
 * The server that `DATABASE_URL` or `POSTGRES_HOST` names, else Postgres 15 of our own with its data in `home`.
 * The logins' passwords are made once for a home; one in the environment (`AURA_MANAGER_PASSWORD` ...) wins.
 *
 * @param onChange called with what happened to a server of ours after the start
 */
export async function openDatabaseServer(
  home: string,
  env: NodeJS.ProcessEnv,
  onChange: (news: string) => void,
): Promise<DatabaseServer> {
  const foreign = foreignUrl(env);
  if (foreign !== null)
    return {
      administratorUrl: foreign,
      roleUrls: roleUrls(home, env, foreign),
      pid: () => null,
      stop: async () => undefined,
    };
  const kept = await keepPostgres(home, onChange);
  return { ...kept, roleUrls: roleUrls(home, env, kept.administratorUrl) };
}

/** The administrator's URL of a server that is not ours; null when none is configured. */
export function foreignUrl(env: NodeJS.ProcessEnv): string | null {
  if (env.DATABASE_URL) return env.DATABASE_URL;
  if (!env.POSTGRES_HOST) return null;
  const { POSTGRES_USER = "aura_admin", POSTGRES_PASSWORD = "", POSTGRES_PORT = "5432", POSTGRES_DB = DATABASE } = env;
  const url = new URL(`postgresql://${env.POSTGRES_HOST}:${POSTGRES_PORT}/${encodeURIComponent(POSTGRES_DB)}`);
  url.username = encodeURIComponent(POSTGRES_USER);
  url.password = encodeURIComponent(POSTGRES_PASSWORD);
  return url.href;
}

function roleUrls(home: string, env: NodeJS.ProcessEnv, administratorUrl: string): RoleUrls {
  const roles = ["aura_migrator", "aura_manager", "aura_agent", "aura_auditor", "aura_observer"] as const;
  const passwords = homeSecrets(home, roles);
  const urlOf = (role: (typeof roles)[number]): string => {
    const url = new URL(administratorUrl);
    url.username = role;
    url.password = encodeURIComponent(env[`${role.toUpperCase()}_PASSWORD`] || passwords[role]);
    return url.href;
  };
  return {
    aura_migrator: urlOf("aura_migrator"),
    aura_manager: urlOf("aura_manager"),
    aura_agent: urlOf("aura_agent"),
    aura_auditor: urlOf("aura_auditor"),
    aura_observer: urlOf("aura_observer"),
  };
}

/** On the port of the last time where that is free, so that a bookmarked URL keeps working. */
async function keepPostgres(home: string, onChange: (news: string) => void) {
  const portFile = join(home, "postgres.json");
  const options = {
    dataFolder: join(home, "postgres"),
    password: homeSecrets(home, ["aura_admin"]).aura_admin,
    logFile: join(home, "logs", "postgres.log"),
    settings: { max_connections: "100", timezone: "UTC" },
  };
  let server = await startPostgres({ ...options, preferredPort: readJsonFile<{ port: number }>(portFile)?.port ?? 0 });
  const { port } = server;
  writePrivateFile(portFile, `${JSON.stringify({ port })}\n`);
  await makeDatabase(server);
  let stopping = false;

  async function restartAfter(ended: RunningPostgres): Promise<void> {
    await ended.ended;
    while (!stopping) {
      onChange(`Postgres ended; it is started again. Its log: ${options.logFile}`);
      await sleep(RESTART_PAUSE_MS);
      try {
        server = await startPostgres({ ...options, port });
        onChange("Postgres runs again");
        return void restartAfter(server);
      } catch (error) {
        onChange((error as Error).message);
      }
    }
  }
  void restartAfter(server);

  return {
    administratorUrl: server.url(DATABASE),
    pid: () => server.pid,
    stop: async () => {
      stopping = true;
      await server.stop();
    },
  };
}

async function makeDatabase(server: RunningPostgres): Promise<void> {
  const client = new pg.Client({ connectionString: server.url("postgres") });
  await client.connect();
  try {
    const { rowCount } = await client.query("select from pg_database where datname = $1", [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(DATABASE)}`);
  } finally {
    await client.end();
  }
}
