import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SandboxClient } from "../../src/sandbox/client.ts";
import { openLauncher } from "../../src/sandbox/launcher.ts";
import { openSandbox } from "../../src/sandbox/open.ts";
import { conforms } from "./conformance.ts";
import { installs } from "./installing.ts";

const REPOSITORY = resolve(import.meta.dirname, "../../../..");
const SERVICE_UID = 10_001;

/** The launcher needs a compiler to be built, and another user must be able to pass to the sources. */
const canRun = hasCompiler() && (process.getuid?.() !== 0 || isPassable(REPOSITORY));

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

/**
 * The service as it runs in its container, with bubblewrap in the container's place: no network, a user of its own,
 * empty folders, the socket's folder shared.
 */
function startService(folder: string): ChildProcess {
  const node = join("/app", process.execPath.slice(REPOSITORY.length));
  const user =
    process.getuid?.() === 0
      ? ["setpriv", "--reuid", `${SERVICE_UID}`, "--regid", `${SERVICE_UID}`, "--clear-groups"]
      : [];
  const mounts = [
    ...["--ro-bind", "/usr", "/usr", "--ro-bind", "/etc", "/etc", "--proc", "/proc", "--dev", "/dev"],
    ...["bin", "lib", "lib64"].flatMap((name) => ["--symlink", `usr/${name}`, `/${name}`]),
    ...["/tmp", "/product", "/dependencies", "/work", "/scratch"].flatMap((path) => ["--tmpfs", path]),
    ...[
      "--ro-bind",
      REPOSITORY,
      "/app",
      "--ro-bind",
      join(folder, "launcher"),
      "/launcher",
      "--bind",
      join(folder, "sock"),
      "/sock",
    ],
  ];
  const command = [
    ...[...user, "bwrap", "--unshare-all", "--uid", `${SERVICE_UID}`, "--gid", `${SERVICE_UID}`, "--die-with-parent"],
    ...[
      ...mounts,
      "--symlink",
      "dependencies/node_modules",
      "/node_modules",
      "--clearenv",
      "--setenv",
      "PATH",
      process.env.PATH ?? "",
      "--setenv",
      "TMPDIR",
      "/scratch",
      "--setenv",
      "AURA_LAUNCHER",
      "/launcher",
      "--chdir",
      "/app",
    ],
    ...["--", node, "services/auditor/src/sandbox/main.ts"],
  ];
  return spawn(command[0] ?? "", command.slice(1), { stdio: ["ignore", "ignore", "inherit"] });
}

async function waitFor(path: string): Promise<void> {
  for (let tries = 0; tries < 400 && !existsSync(path); tries += 1) await sleep(25);
  expect(existsSync(path)).toBe(true);
}

describe.skipIf(!canRun)("the sandbox service with the launcher", () => {
  const folder = mkdtempSync(join(tmpdir(), "service-"));
  const socket = join(folder, "sock", "sandbox.sock");
  let service: ChildProcess;

  beforeAll(async () => {
    execFileSync("chmod", ["0755", folder]);
    execFileSync("sh", [join(REPOSITORY, "services/auditor/launcher/build.sh"), join(folder, "launcher")]);
    mkdirSync(join(folder, "sock"));
    if (process.getuid?.() === 0) chownSync(join(folder, "sock"), SERVICE_UID, SERVICE_UID);
    service = startService(folder);
    await waitFor(socket);
  });
  afterAll(() => {
    service.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  });

  conforms("over its socket", "container_launcher", async () => {
    const sandbox = openSandbox({ sandbox: `unix:${socket}` });
    return { sandbox, close: () => sandbox.killAll() };
  });

  installs("by the service", join(folder, "sock", "registry.sock"), () => openSandbox({ sandbox: `unix:${socket}` }));

  test("a client that talks nonsense or hangs up does not end the service", async () => {
    await new Promise<void>((done) => {
      const rude = connect(socket, () => rude.end("POST /runCheck HTTP/1.1\r\ncontent-length: 100\r\n\r\n{").destroy());
      rude.once("close", () => done());
    });
    await new Promise<void>((done) => {
      const noise = connect(socket, () => noise.write("\u0000\u0001nonsense\r\n\r\n"));
      noise.once("close", () => done());
      noise.resume();
    });
    expect((await new SandboxClient(socket).environment()).sandbox_level).toBe("container_launcher");
    expect(service.exitCode).toBeNull();
  });
});

describe.skipIf(!canRun)("the launcher", () => {
  test("is refused outside its container: the folders it empties are not its own", () => {
    expect(() => openLauncher({ base: tmpdir(), program: process.execPath })).toThrow(
      /isolation_unavailable.*container/,
    );
  });

  test("refuses root and a network that is up, each with a code of its own, and runs nothing", () => {
    const folder = mkdtempSync(join(tmpdir(), "launcher-"));
    execFileSync("chmod", ["0755", folder]);
    const program = join(folder, "launcher");
    execFileSync("sh", [join(REPOSITORY, "services/auditor/launcher/build.sh"), program]);
    const limits = "--work / --cpu 1 --file 1 --open 9 --processes 9 -- /bin/echo ran".split(" ");
    if (process.getuid?.() === 0) {
      expect(exitOf(program, limits)).toBe(121);
      const asOther = ["--reuid", `${SERVICE_UID}`, "--clear-groups", "--", program, ...limits];
      expect(exitOf("setpriv", asOther)).toBe(122);
    } else expect(exitOf(program, limits)).toBe(122);
    expect(exitOf(program, ["--work", "/"])).toBe(120);
    rmSync(folder, { recursive: true });
  });
});

test("a service that is not there is named, with the fix", async () => {
  const client = openSandbox({ sandbox: "unix:/nowhere/sandbox.sock" });
  await expect(client.environment()).rejects.toThrow(/isolation_unavailable.*\/nowhere\/sandbox.sock/);
});

/** Exit code of a program that must not have printed. */
function exitOf(program: string, args: readonly string[]): number | null {
  try {
    execFileSync(program, args, { stdio: ["ignore", "pipe", "ignore", "ignore", "pipe"] });
    return 0;
  } catch (error) {
    const { status, stdout } = error as { status: number | null; stdout: Buffer };
    expect(stdout.toString()).toBe("");
    return status;
  }
}
