import { type ChildProcess, execFile, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { lastLines, openLog } from "./log-file.ts";
import { freePort } from "./ports.ts";
import { type Placement, placePostgres } from "./postgres-placement.ts";
import { giveTo, type PostgresUser, postgresUser } from "./postgres-user.ts";
import { endProcess } from "./processes.ts";

const SUPERUSER = "aura_admin";
const START_PATIENCE_MS = 60_000;

export interface PostgresOptions {
  /** Folder of the data; kept when the server stops. */
  readonly dataFolder: string;
  /** Of the superuser `aura_admin`; it is set when the data is made and must be the same ever after. */
  readonly password: string;
  readonly logFile: string;
  /** Server settings, e.g. `{ fsync: "off" }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Taken when it is free. */
  readonly preferredPort?: number;
  /** Taken; the start fails when it is not free. */
  readonly port?: number;
}

export interface RunningPostgres {
  readonly pid: number;
  readonly port: number;
  /** The superuser's URL of one database. */
  readonly url: (database: string) => string;
  /** Resolves when the server ends, asked or not. */
  readonly ended: Promise<void>;
  /** Ends all connections and stops. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts Postgres 15 from the npm package on 127.0.0.1, with the data in one folder, made on the first start. A server
 * that a killed run left on the folder is ended first; when this process dies, a watchdog stops the server.
 *
 * The caller holds the lock of the folder's owner: whatever server lives there is a leftover.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const user = postgresUser();
  const placement = await placePostgres(options.dataFolder, user);
  await endLeftover(placement.dataFolder);
  if (!existsSync(join(placement.dataFolder, "PG_VERSION"))) await makeData(placement, options.password, user);
  const port = options.port ?? (await freePort(options.preferredPort));
  const server = launch(placement, port, options, user);
  const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  await untilReady(server, placement.dataFolder, options.logFile);
  const pid = server.pid ?? 0;
  const callOff = watchOver(pid, placement.dataFolder);
  void ended.then(callOff);
  return {
    pid,
    port,
    ended,
    url: (database) => `postgresql://${SUPERUSER}:${options.password}@127.0.0.1:${port}/${database}`,
    stop: async () => {
      await endProcess(pid, placement.dataFolder, ["SIGINT", "SIGQUIT", "SIGKILL"], 10_000);
    },
  };
}

/** SIGINT is Postgres' fast shutdown, SIGQUIT the immediate one, from which it recovers by its log. */
async function endLeftover(dataFolder: string): Promise<void> {
  const pid = Number(postmasterLines(dataFolder)[0] ?? "0");
  if (pid <= 0) return;
  if (await endProcess(pid, dataFolder, ["SIGINT", "SIGQUIT"], 10_000)) return;
  throw new Error(`The Postgres server ${pid} on ${dataFolder} does not end. End it by hand.`);
}

/** Made beside its place and moved there whole, so that a kill in between leaves no half-made data. */
async function makeData(placement: Placement, password: string, user: PostgresUser | null): Promise<void> {
  const draft = `${placement.dataFolder}.new`;
  const passwordFile = `${placement.dataFolder}.password`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  for (const path of [draft, passwordFile]) giveTo(user, path);
  try {
    await promisify(execFile)(
      placement.initdb,
      [
        `--pgdata=${draft}`,
        `--username=${SUPERUSER}`,
        `--pwfile=${passwordFile}`,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
      ],
      { cwd: "/", env: serverEnvironment(), ...user },
    );
  } catch (error) {
    throw new Error(`Postgres could not make its data in ${placement.dataFolder}: ${(error as Error).message}`);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  rmSync(placement.dataFolder, { recursive: true, force: true });
  renameSync(draft, placement.dataFolder);
}

/** In a session of its own: Ctrl-C in the terminal reaches the starter alone, which stops the services first. */
function launch(placement: Placement, port: number, options: PostgresOptions, user: PostgresUser | null): ChildProcess {
  const settings = { listen_addresses: "127.0.0.1", unix_socket_directories: "", ...options.settings };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const log = openLog(options.logFile);
  try {
    return spawn(placement.postgres, ["-D", placement.dataFolder, "-p", String(port), ...flags], {
      cwd: "/",
      detached: true,
      stdio: ["ignore", log, log],
      env: serverEnvironment(),
      ...user,
    });
  } finally {
    closeSync(log);
  }
}

function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, LC_ALL: "C.UTF-8", TZ: "UTC" };
}

async function untilReady(server: ChildProcess, dataFolder: string, logFile: string): Promise<void> {
  let failure: Error | null = null;
  server.once("error", (error) => {
    failure = error;
  });
  server.once("exit", (code) => {
    failure = new Error(`exit code ${code}`);
  });
  const end = Date.now() + START_PATIENCE_MS;
  while (failure === null && Date.now() < end) {
    const [pid, , , , , , , status] = postmasterLines(dataFolder);
    if (Number(pid) === server.pid && status?.trim() === "ready") return;
    await sleep(20);
  }
  server.kill("SIGQUIT");
  const why = (failure as Error | null)?.message ?? `not ready in ${START_PATIENCE_MS / 1000} s`;
  throw new Error(`Postgres did not start (${why}). The end of ${logFile}:\n${lastLines(logFile, 8)}`);
}

/**
 * A shell that waits for the end of a pipe which this process holds: it ends when the process does, however that was.
 * The services get a moment to leave before their database goes.
 *
 * @returns calls the watchdog off
 */
function watchOver(pid: number, dataFolder: string): () => void {
  const script =
    'cat >/dev/null; sleep 3; [ "$(head -n 1 "$2/postmaster.pid" 2>/dev/null)" = "$1" ] && kill -INT "$1"; exit 0';
  const watchdog = spawn("/bin/sh", ["-c", script, "aura-postgres-watchdog", String(pid), dataFolder], {
    cwd: "/",
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  watchdog.unref();
  (watchdog.stdin as unknown as { unref(): void }).unref();
  const group = watchdog.pid;
  return () => {
    if (group === undefined || watchdog.exitCode !== null || watchdog.signalCode !== null) return;
    try {
      process.kill(-group, "SIGKILL");
    } catch {
      // it has just ended
    }
  };
}

/** postmaster.pid: pid, data folder, start time, port, socket folder, listen address, shared memory, status. */
function postmasterLines(dataFolder: string): string[] {
  try {
    return readFileSync(join(dataFolder, "postmaster.pid"), "utf8").split("\n");
  } catch {
    return [];
  }
}
