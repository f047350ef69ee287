import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chownSync, existsSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";

export const REPOSITORY = resolve(import.meta.dirname, "../../../..");
export const SERVICE_UID = 10_001;
/** Starts a Python program, and then becomes the service, which gets none of the program's descriptors. */
const WITH_BESIDE = 'PLANTED="$1" /usr/bin/python3 -c "$0" <&7 >&8 7<&- 8>&- 9<&- & shift; exec "$@" 7<&- 8>&-';
const MAIN = "services/auditor/src/sandbox/main.ts";
const isRoot = process.getuid?.() === 0;

/** The launcher needs a compiler to be built, and another user must be able to pass to the sources. */
export const canRunLauncher = hasCompiler() && (!isRoot || isPassable(REPOSITORY));

function hasCompiler(): boolean {
  try {
    execFileSync("sh", ["-c", "command -v cc"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function isPassable(folder: string): boolean {
  return (statSync(folder).mode & 0o001) !== 0 && (folder === "/" || isPassable(dirname(folder)));
}

export interface SandboxService {
  readonly process: ChildProcess;
  readonly socket: string;
  /** Both ends of what runs beside it. */
  readonly beside: { readonly input: Writable; readonly output: Readable } | null;
  /** What it printed so far. */
  log(): string;
  stop(): void;
}

export interface ServiceSetting {
  /** A file that the service has open as descriptor 9 without meaning to, and what its environment says besides. */
  readonly leak?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Python program to run in all its namespaces, as its user, and what it has in its environment. */
  readonly beside?: { readonly program: string; readonly planted: string };
}

/**
 * The service as it runs in its container, with bubblewrap in the container's place: no network, a user of its own,
 * empty folders, the socket's folder shared.
 *
 * @param folder empty, or made; gets the launcher and the folder `sock`
 */
export async function startLauncherService(folder: string, setting: ServiceSetting = {}): Promise<SandboxService> {
  mkdirSync(folder, { recursive: true });
  execFileSync("chmod", ["0755", folder]);
  execFileSync("sh", [join(REPOSITORY, "services/auditor/launcher/build.sh"), join(folder, "launcher")]);
  mkdirSync(join(folder, "sock"));
  if (isRoot) chownSync(join(folder, "sock"), SERVICE_UID, SERVICE_UID);
  const node = join("/app", process.execPath.slice(REPOSITORY.length));
  const env = { PATH: process.env.PATH ?? "", TMPDIR: "/scratch", AURA_LAUNCHER: "/launcher", ...setting.env };
  const mounts = [
    ...["--ro-bind", "/usr", "/usr", "--ro-bind", "/etc", "/etc", "--proc", "/proc", "--dev", "/dev"],
    ...["bin", "lib", "lib64"].flatMap((name) => ["--symlink", `usr/${name}`, `/${name}`]),
    ...["/tmp", "/product", "/dependencies", "/work", "/scratch"].flatMap((path) => ["--tmpfs", path]),
    ...["--ro-bind", REPOSITORY, "/app", "--ro-bind", join(folder, "launcher"), "/launcher"],
    ...["--bind", join(folder, "sock"), "/sock", "--symlink", "dependencies/node_modules", "/node_modules"],
  ];
  const command = [
    ...[...asServiceUser(), "bwrap", "--unshare-all", "--uid", `${SERVICE_UID}`, "--gid", `${SERVICE_UID}`],
    ...["--die-with-parent", ...mounts, "--clearenv"],
    ...Object.entries(env).flatMap(([name, value]) => ["--setenv", name, value]),
    ...["--chdir", "/app", "--", ...withBeside(setting.beside), node, MAIN],
  ];
  return started(command, process.env, join(folder, "sock/sandbox.sock"), setting);
}

/** The service on the bare host, where bubblewrap isolates each job; everything of it lies in `folder`. */
export async function startBubblewrapService(folder: string, setting: ServiceSetting = {}): Promise<SandboxService> {
  execFileSync("chmod", ["0755", folder]);
  const socket = join(folder, "sandbox.sock");
  mkdirSync(join(folder, "scratch"), { mode: 0o711 });
  const own = { AURA_SANDBOX: "bubblewrap", AURA_SANDBOX_SOCKET: socket, TMPDIR: join(folder, "scratch") };
  const env = { PATH: process.env.PATH, ...own, ...setting.env };
  return started([process.execPath, join(REPOSITORY, MAIN)], env, socket, setting);
}

/** As the service's user, who is another one than root. */
export function asServiceUser(uid = SERVICE_UID): string[] {
  return isRoot ? ["setpriv", "--reuid", `${uid}`, "--regid", `${uid}`, "--clear-groups"] : [];
}

function withBeside(beside: ServiceSetting["beside"]): string[] {
  return beside === undefined ? [] : ["/bin/sh", "-c", WITH_BESIDE, beside.program, beside.planted];
}

async function started(
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  socket: string,
  setting: ServiceSetting,
): Promise<SandboxService> {
  const [program = "", ...args] = command;
  const leak = setting.leak === undefined ? "ignore" : openSync(setting.leak, "r");
  const [input, output] = setting.beside === undefined ? (["ignore", "ignore"] as const) : (["pipe", "pipe"] as const);
  const none = ["ignore", "ignore", "ignore", "ignore"] as const; // up to the first of those with a meaning
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe", ...none, input, output, leak] });
  const ends: readonly (Readable | Writable | null | undefined)[] = child.stdio;
  const beside = { input: ends[7] as Writable, output: ends[8] as Readable };
  let log = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => {
      log += chunk.toString("latin1");
    });
  for (let tries = 0; tries < 400 && !existsSync(socket) && child.exitCode === null; tries += 1) await sleep(25);
  expect(existsSync(socket), log).toBe(true);
  return {
    process: child,
    socket,
    beside: setting.beside === undefined ? null : beside,
    log: () => log,
    stop: () => child.kill("SIGKILL"),
  };
}
