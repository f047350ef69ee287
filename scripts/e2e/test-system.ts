import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type ApiClient, createApiClient } from "@aura/shared/api-client";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { freePort } from "../system/ports.ts";
import type { ScriptedModel } from "./scripted-model.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const DIE_AT = fileURLToPath(new URL("die-at.mjs", import.meta.url));
/** Node keeps compiled code here: a service that starts again and again is not compiled again and again. */
const COMPILED = join(ROOT, "node_modules", ".cache", "compiled-services");
const FOLDERS = { manager: "manager", agent: "agent-runtime", auditor: "auditor" } as const;
const PORTS = { manager: "MANAGER_PORT", agent: "AGENT_RUNTIME_PORT", auditor: "AUDITOR_PORT" } as const;
export type ServiceName = keyof typeof FOLDERS;

/** The three real services as processes, on a database of their own, with a scripted model behind the real wire. */
export interface TestSystem {
  readonly database: TestDatabase;
  readonly api: ApiClient;
  readonly manager_url: string;
  /** How many tasks the agents' runtime works on now. */
  readonly tasksRunning: () => Promise<number>;
  /** One more of a service, on ports of its own, kept running like the others. */
  readonly another: (name: ServiceName, environment?: Readonly<Record<string, string>>) => Promise<TestService>;
  /** Of the service as it runs now. */
  readonly pidOf: (name: ServiceName) => number;
  /** Where processes of the crash plan died, in order: `after assign_tasks`. */
  readonly deaths: () => string[];
  readonly close: () => Promise<void>;
}

/** One service beside the three. */
export interface TestService {
  readonly url: string;
  readonly pid: () => number;
}

export interface TestSystemOptions {
  /** For successive processes of a service: where each dies (see die-at.mjs). The process after the last one lives. */
  readonly crashPlan?: Partial<Record<ServiceName, readonly string[]>>;
  /** Leases of a service that died are left to run out, instead of being aged. */
  readonly isPatient?: boolean;
  /** A module that each process of a service loads first. */
  readonly preload?: Partial<Record<ServiceName, string>>;
  /** For all three services, over what they get otherwise. */
  readonly environment?: Readonly<Record<string, string>>;
}

export async function startTestSystem(
  model: Pick<ScriptedModel, "base_url">,
  options: TestSystemOptions = {},
): Promise<TestSystem> {
  const [database] = await Promise.all([testDatabase({ led: false }), compileServices()]);
  const folder = mkdtempSync(join(tmpdir(), "aura-e2e-"));
  const crossings = join(folder, "crossings");
  openSync(crossings, "a");
  const [port, agentPort] = [await freePort(), await freePort()];
  const PATH = process.env.PATH ?? "";
  const common = { PATH, HOME: folder, TZ: "UTC", LOG_LEVEL: "warn", NODE_COMPILE_CACHE: COMPILED };
  const environments: Record<ServiceName, Record<string, string>> = {
    manager: {
      ...common,
      AURA_MANAGER_DATABASE_URL: database.urls.manager,
      AURA_OBSERVER_DATABASE_URL: database.urls.observer,
      MANAGER_PORT: String(port),
      AURA_MODEL_PROVIDER: "openai",
      AURA_MODEL: "scripted",
      AURA_MODEL_PRICES: '{"openai/scripted": {"input": "1", "output": "4"}}',
    },
    agent: {
      ...common,
      AURA_AGENT_DATABASE_URL: database.urls.agent,
      AGENT_RUNTIME_PORT: String(agentPort),
      AURA_MODEL_PROVIDER: "openai",
      OPENAI_API_KEY: "scripted-key",
      OPENAI_BASE_URL: model.base_url,
    },
    auditor: {
      ...common,
      AURA_AUDITOR_DATABASE_URL: database.urls.auditor,
      AUDITOR_PORT: "0",
      AURA_LEDGER_FOLDER: join(folder, "ledger"),
      AURA_LEDGER_PUBLIC_FOLDER: join(folder, "ledger-public"),
      AURA_MUTANTS: "1", // most tests are about something else
    },
  };
  for (const environment of Object.values(environments)) Object.assign(environment, options.environment);
  const { isPatient = false, preload = {} } = options;
  const around = { folder, crossings, database, isPatient, preload };
  const kept = (name: ServiceName) => keepRunning(name, environments[name], options.crashPlan?.[name] ?? [], around);
  const running = { manager: kept("manager"), agent: kept("agent"), auditor: kept("auditor") };
  const manager_url = `http://127.0.0.1:${port}`;
  const api = createApiClient(manager_url, database.directorKey);
  const others: ReturnType<typeof keepRunning>[] = [];
  const close = async () => {
    await Promise.all([...Object.values(running), ...others].map((service) => service.stop()));
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  };
  await untilAnswering(manager_url).catch(async (error: unknown) => {
    await close(); // nobody else has hold of these processes
    throw error;
  });
  return {
    database,
    api,
    manager_url,
    tasksRunning: async () => {
      const ready = await fetch(`http://127.0.0.1:${agentPort}/readyz`);
      return ((await ready.json()) as { tasks_running: number }).tasks_running;
    },
    another: async (name, environment = {}) => {
      const own = await freePort();
      const env = { ...environments[name], ...environment, [PORTS[name]]: String(own) };
      const service = keepRunning(name, env, [], around);
      others.push(service);
      const url = `http://127.0.0.1:${own}`;
      await untilAnswering(url);
      return { url, pid: service.pid };
    },
    pidOf: (name) => running[name].pid(),
    deaths: () => readFileSync(crossings, "utf8").split("\n").filter(Boolean),
    close,
  };
}

let compiled: Promise<unknown> | null = null;

/** Node writes compiled code when it exits, which killed services never do; without a configuration each exits at once. */
function compileServices(): Promise<unknown> {
  const env = { PATH: process.env.PATH ?? "", NODE_COMPILE_CACHE: COMPILED };
  const compile = (folder: string) =>
    new Promise((resolve) =>
      spawn(process.execPath, [`services/${folder}/src/main.ts`], { cwd: ROOT, env, stdio: "ignore" }).once(
        "exit",
        resolve,
      ),
    );
  compiled ??= Promise.all(Object.values(FOLDERS).map(compile));
  return compiled;
}

interface Surroundings {
  readonly folder: string;
  readonly crossings: string;
  readonly database: TestDatabase;
  readonly isPatient: boolean;
  readonly preload: Partial<Record<ServiceName, string>>;
}

/** Starts the service again whenever it has died; its leases and heartbeats are aged, so that nobody waits for them. */
function keepRunning(name: ServiceName, env: Record<string, string>, plan: readonly string[], around: Surroundings) {
  let child: ChildProcess | null = null;
  let stopping = false;
  const kept = (async () => {
    for (let incarnation = 0; !stopping; incarnation += 1) {
      child = launch(name, env, plan[incarnation], around);
      await new Promise((resolve) => child?.once("exit", resolve));
      if (!stopping && !around.isPatient) await ageLeases(name, around.database);
    }
  })();
  return {
    pid: () => child?.pid ?? 0,
    stop: async () => {
      stopping = true;
      child?.kill("SIGTERM");
      const impatience = setTimeout(() => child?.kill("SIGKILL"), 6000);
      await kept;
      clearTimeout(impatience);
    },
  };
}

function launch(
  name: ServiceName,
  env: Record<string, string>,
  dieAt: string | undefined,
  around: Surroundings,
): ChildProcess {
  const log = openSync(join(around.folder, `${name}.log`), "a");
  const faults = dieAt === undefined ? {} : { AURA_DIE_AT: dieAt, AURA_CROSSINGS: around.crossings };
  const first = [around.preload[name], dieAt === undefined ? undefined : DIE_AT].filter((path) => path !== undefined);
  return spawn(
    process.execPath,
    [...first.flatMap((path) => ["--import", path]), `services/${FOLDERS[name]}/src/main.ts`],
    {
      cwd: ROOT,
      env: { ...env, ...faults },
      stdio: ["ignore", log, log],
    },
  );
}

/** The leases of all: whoever lives sees its claim taken away. Heartbeats of agents that died only: others beat every 10 s. */
async function ageLeases(died: ServiceName, { pools: { admin } }: TestDatabase): Promise<void> {
  if (died === "manager") await admin.query("update manager_lease set expires_at = now()");
  await admin.query("update task_leases set expires_at = now() - interval '1 second'");
  await admin.query("update verification_leases set expires_at = now() - interval '1 second'");
  if (died === "auditor") await admin.query("update audit_sealer set expires_at = now()");
  if (died === "agent") await admin.query("update runtime_heartbeats set seen_at = now() - interval '1 minute'");
}

async function untilAnswering(url: string): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    const response = await fetch(`${url}/healthz`).catch(() => null);
    if (response?.ok) return;
    await sleep(100);
  }
  throw new Error("the manager does not answer");
}

type Run = Awaited<ReturnType<typeof readRun>>;

export function readRun(api: ApiClient, run_id: string) {
  return api.call(OPERATIONS.getRun, { params: { run_id } });
}

/** Waits for a row to say so, never for time: polls the run until `reached`, and tells what it waits for otherwise. */
export async function untilRun(
  api: ApiClient,
  run_id: string,
  reached: (run: Run) => boolean,
  seconds: number,
): Promise<Run> {
  const end = Date.now() + seconds * 1000;
  let last: Run | null = null;
  let held = 0;
  while (Date.now() < end) {
    last = await readRun(api, run_id).catch(() => last);
    if (last !== null && reached(last)) return last;
    if (last?.status === "awaiting_director" && ++held > 40) break; // nothing moves any more without a person
    await sleep(150);
  }
  throw new Error(`the run did not get there (at most ${seconds} s): ${JSON.stringify(last)}`);
}
