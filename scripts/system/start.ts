import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { LOGINS, type Login, migrate } from "../database/migrate.ts";
import { auraHome, homeSecrets, lockHome, openHome } from "./aura-home.ts";
import { type DatabaseServer, openDatabaseServer } from "./database-server.ts";
import { refuseExampleSecrets } from "./example-secrets.ts";
import { ensurePage } from "./page-build.ts";
import { freePort, isFree } from "./ports.ts";
import { endLeftoverServices, type RuntimeFile, removeRuntimeFile, writeRuntimeFile } from "./runtime-file.ts";
import { type ServicePorts, serviceEnvironments } from "./service-environments.ts";
import { keepRunning, type ServiceProcess, type ServiceSpec, untilReady } from "./service-process.ts";

const READY_PATIENCE_MS = 60_000;

export interface StartOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Gets one line for each step, for people. Default: stderr. */
  readonly say?: (line: string) => void;
  /** Aborting it while the system comes up takes everything down again. */
  readonly signal?: AbortSignal;
}

export interface RunningSystem {
  readonly home: string;
  readonly manager_url: string;
  /** A director's. */
  readonly api_key: string;
  readonly stop: () => Promise<void>;
}

/**
 * Brings one whole system up on this machine: database, migrations, the three services and the witness; returns when all are ready.
 * Crashed processes are started again until `stop`. `AURA_HOME` and `MANAGER_PORT` separate two systems; with
 * `MANAGER_STANDBY_PORT` a second Manager runs beside the first.
 *
 * @throws when it cannot come up; everything it started is stopped then
 */
export async function start(options: StartOptions = {}): Promise<RunningSystem> {
  const { env = process.env, say = (line) => console.error(line), signal = new AbortController().signal } = options;
  const undo: (() => Promise<void> | void)[] = [];
  const stop = async () => {
    for (let step = undo.pop(); step !== undefined; step = undo.pop()) await step();
  };
  try {
    return { ...(await bringUp(env, say, signal, undo)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Each step pushes its opposite onto `undo`. */
async function bringUp(
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
  signal: AbortSignal,
  undo: (() => Promise<void> | void)[],
): Promise<Omit<RunningSystem, "stop">> {
  refuseExampleSecrets(env);
  const home = auraHome(env);
  openHome(home);
  undo.push(lockHome(home));
  await endLeftoverServices(home);
  const ports = await choosePorts(env);

  const manager_url = `http://127.0.0.1:${ports.manager}`;
  const api_key = env.MANAGER_API_KEY || homeSecrets(home, ["manager_api_key"]).manager_api_key;
  const services: ServiceProcess[] = [];
  const changed = (news: string | null) => {
    if (news !== null) say(news);
    writeRuntimeFile(home, runtimeFile(manager_url, api_key, database, services));
  };

  const page = ensurePage();
  say("Starting the database");
  const database = await openDatabaseServer(home, env, changed);
  undo.push(database.stop);
  signal.throwIfAborted();
  await migrateDatabase(database, api_key, env, say);
  signal.throwIfAborted();

  const noPage = await page;
  if (noPage !== null) say(`The dashboard could not be built; the API is there without it. ${noPage.split("\n")[0]}`);
  undo.push(() => removeRuntimeFile(home));
  undo.push(async () => {
    await Promise.all(services.map((service) => service.stop()));
  });
  for (const together of serviceSpecs(home, env, database, ports)) {
    const begun = together.map((spec) => keepRunning(spec, changed));
    services.push(...begun);
    changed(null);
    for (const service of begun) {
      await untilReady(service, READY_PATIENCE_MS, signal);
      say(`${service.spec.name} is ready`);
    }
  }
  return { home, manager_url, api_key };
}

async function choosePorts(env: NodeJS.ProcessEnv): Promise<ServicePorts> {
  return {
    manager: await portOf("MANAGER_PORT", env.MANAGER_PORT || "8000"),
    manager_standby: env.MANAGER_STANDBY_PORT ? await portOf("MANAGER_STANDBY_PORT", env.MANAGER_STANDBY_PORT) : null,
    agent_runtime: Number(env.AGENT_RUNTIME_PORT || (await freePort())),
    auditor: Number(env.AUDITOR_PORT || (await freePort())),
    witness: Number(env.WITNESS_PORT || (await freePort())),
  };
}

async function portOf(variable: string, value: string): Promise<number> {
  const port = Number(value);
  if (!(await isFree(port)))
    throw new Error(`Port ${port} is taken. Set ${variable} to a free one, or stop what listens there.`);
  return port;
}

async function migrateDatabase(
  database: DatabaseServer,
  directorKey: string,
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<void> {
  const passwordOf = (login: Login) => decodeURIComponent(new URL(database.roleUrls[login]).password);
  const passwords = Object.fromEntries(LOGINS.map((login) => [login, passwordOf(login)])) as Record<Login, string>;
  await migrate({
    databaseUrl: database.administratorUrl,
    passwords,
    directorKey,
    production: env.ENV === "production",
    log: say,
  });
}

/** In the order in which they start; those of one list start together. */
function serviceSpecs(
  home: string,
  env: NodeJS.ProcessEnv,
  database: DatabaseServer,
  ports: ServicePorts,
): ServiceSpec[][] {
  const environments = serviceEnvironments(env, home, database.roleUrls, ports);
  const spec = (name: ServiceSpec["name"], folder: string, entry = "main.ts"): ServiceSpec => ({
    name,
    entry: `services/${folder}/src/${entry}`,
    env: environments[name],
    logFile: join(home, "logs", `${name.replaceAll("_", "-")}.log`),
    readyUrl: `http://127.0.0.1:${ports[name]}/readyz`,
  });
  mkdirSync(join(home, "ledger-public"), { recursive: true }); // the witness looks into it, the Auditor writes
  const judging = [spec("auditor", "auditor"), spec("witness", "auditor", "witness/main.ts")];
  const services = [spec("manager", "manager"), spec("agent_runtime", "agent-runtime"), ...judging];
  return ports.manager_standby === null ? [services] : [services, [spec("manager_standby", "manager")]];
}

function runtimeFile(
  manager_url: string,
  api_key: string,
  database: DatabaseServer,
  services: readonly ServiceProcess[],
): RuntimeFile {
  const pidOf = (name: ServiceSpec["name"]) => services.find(({ spec }) => spec.name === name)?.pid() ?? null;
  return {
    manager_url,
    api_key,
    database_url: database.administratorUrl,
    role_urls: database.roleUrls,
    pids: {
      manager: pidOf("manager"),
      ...(services.some(({ spec }) => spec.name === "manager_standby")
        ? { manager_standby: pidOf("manager_standby") }
        : {}),
      agent_runtime: pidOf("agent_runtime"),
      auditor: pidOf("auditor"),
      witness: pidOf("witness"),
      postgres: database.pid(),
    },
  };
}
