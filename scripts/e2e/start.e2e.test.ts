import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT } from "../system/aura-home.ts";
import { freePort } from "../system/ports.ts";
import { describeProcess } from "../system/processes.ts";
import { type RuntimeFile, readRuntimeFile } from "../system/runtime-file.ts";
import { until } from "./until.ts";

/** `npm start` on a home and a port of its own; the tests build on each other, as a life does. */

const home = mkdtempSync(join(tmpdir(), "aura-start-"));
let port = 0;
let standbyPort = 0;
let starter: ChildProcess | null = null;

beforeAll(async () => {
  chmodSync(home, 0o755);
  port = await freePort();
  standbyPort = await freePort();
});

afterAll(async () => {
  starter?.kill("SIGTERM");
  await until(() => starter === null || starter.exitCode !== null || starter.signalCode !== null);
  rmSync(home, { recursive: true, force: true });
});

test("runtime.json tells how to reach everything, to its owner only", async () => {
  const runtime = await startSystem();
  expect(statSync(join(home, "runtime.json")).mode & 0o777).toBe(0o600);
  expect(runtime.manager_url).toBe(`http://127.0.0.1:${port}`);
  expect(Object.keys(runtime.role_urls)).toEqual([
    "aura_migrator",
    "aura_manager",
    "aura_agent",
    "aura_auditor",
    "aura_observer",
  ]);
  for (const [role, url] of Object.entries(runtime.role_urls)) expect(await loginAt(url)).toBe(role);
  expect(await loginAt(runtime.database_url)).toBe("aura_admin");
  for (const pid of livePids(runtime)) expect(describeProcess(pid)).not.toBeNull();
  const headers = { authorization: `Bearer ${runtime.api_key}` };
  expect((await fetch(`${runtime.manager_url}/v1/runs`, { headers })).status).toBe(200);
});

test("a second start on the same home is refused, and the first goes on", async () => {
  const second = launch();
  expect(await exitOf(second)).not.toBe(0);
  expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
});

test("no process gets another's database URL, and only agent-runtime gets the model key", async () => {
  const { pids } = await runtimeOf();
  const { manager, agent_runtime, auditor, witness } = pids;
  expect(environmentOf(manager)).toEqual(["AURA_MANAGER_DATABASE_URL", "AURA_OBSERVER_DATABASE_URL"]);
  expect(environmentOf(agent_runtime)).toEqual(["AURA_AGENT_DATABASE_URL", "OPENAI_API_KEY"]);
  expect(environmentOf(auditor)).toEqual(["AURA_AUDITOR_DATABASE_URL", "AURA_WITNESS_URL"]);
  expect(environmentOf(witness)).toEqual([]);
});

test.each(["auditor", "witness"] as const)("a crashed %s is started again, and the log is witnessed", async (name) => {
  const before = await runtimeOf();
  process.kill(before.pids[name] ?? 0, "SIGKILL");
  await until(() => {
    const pid = readRuntimeFile(home)?.pids[name] ?? null;
    return pid !== null && pid !== before.pids[name] && describeProcess(pid) !== null;
  });
  const size = await numberedEvents(before.database_url);
  await until(async () => (await witnessedEvents(before.database_url)) >= size);
});

test("one Manager leads and the other stands by, until the first is gone", async () => {
  const role = async (at: number) => {
    const reply = await fetch(`http://127.0.0.1:${at}/readyz`).catch(() => null);
    return ((await reply?.json()) as { leadership?: { role: string } } | undefined)?.leadership?.role;
  };
  await until(async () => (await role(port)) === "leader" && (await role(standbyPort)) === "standby");
  process.kill((await runtimeOf()).pids.manager ?? 0, "SIGTERM");
  await until(async () => (await role(standbyPort)) === "leader");
  await until(async () => (await role(port)) === "standby");
});

test("when the starter is killed, nothing it started lives on", async () => {
  const runtime = await runtimeOf();
  starter?.kill("SIGKILL");
  await until(() => livePids(runtime).every((pid) => describeProcess(pid) === null));
});

test("the next start takes the home over with its data, and SIGTERM stops everything", async () => {
  const runtime = await startSystem();
  expect(await exitOf(starter as ChildProcess, "SIGTERM")).toBe(0);
  expect(livePids(runtime).filter((pid) => describeProcess(pid) !== null)).toEqual([]);
  expect(readRuntimeFile(home)).toBeNull();
});

function launch(): ChildProcess {
  const env = {
    ...process.env,
    AURA_HOME: home,
    MANAGER_PORT: String(port),
    MANAGER_STANDBY_PORT: String(standbyPort),
    OPENAI_API_KEY: "sk-test-only",
  };
  for (const name of ["DATABASE_URL", "POSTGRES_HOST", "AUDITOR_PORT", "AGENT_RUNTIME_PORT"]) delete env[name as never];
  return spawn(process.execPath, ["scripts/cli/main.ts", "start"], { cwd: ROOT, env, stdio: "ignore" });
}

async function startSystem(): Promise<RuntimeFile> {
  const child = launch();
  starter = child;
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`the starter ended with ${child.exitCode}`);
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null);
    return ready?.status === 200 && readRuntimeFile(home)?.pids.auditor != null;
  });
  return runtimeOf();
}

async function runtimeOf(): Promise<RuntimeFile> {
  const runtime = readRuntimeFile(home);
  if (runtime === null) throw new Error("there is no runtime.json");
  return runtime;
}

function livePids({ pids }: RuntimeFile): number[] {
  const services = [pids.manager, pids.manager_standby ?? null, pids.agent_runtime, pids.auditor, pids.witness];
  return [...services, pids.postgres].filter((pid) => pid !== null);
}

/** Names of the secrets in a living process' environment. */
function environmentOf(pid: number | null): string[] {
  const names = readFileSync(`/proc/${pid}/environ`, "utf8")
    .split("\0")
    .map((line) => line.split("=")[0] ?? "");
  return names.filter((name) => /_URL$|_KEY$|PASSWORD|^POSTGRES_/.test(name)).sort();
}

async function loginAt(url: string): Promise<string> {
  return String(await valueAt(url, "select session_user::text as value"));
}

/** How large the log is, once it has one more event. */
async function numberedEvents(url: string): Promise<number> {
  const size = Number(await valueAt(url, "select size as value from audit_log_state"));
  await valueAt(
    url,
    "insert into projects (id, name) values (gen_random_uuid(), gen_random_uuid()::text) returning id as value",
  );
  return size + 1;
}

async function witnessedEvents(url: string): Promise<number> {
  return Number(await valueAt(url, "select coalesce(max(size), 0) as value from audit_cosignatures"));
}

async function valueAt(url: string, text: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ value: unknown }>(text);
  await client.end();
  return rows[0]?.value;
}

function exitOf(child: ChildProcess, signal?: NodeJS.Signals): Promise<number | null> {
  return new Promise((resolve) => {
    child.once("exit", (code) => resolve(code));
    if (signal !== undefined) child.kill(signal);
  });
}
