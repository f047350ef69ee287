import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SandboxClient } from "../../src/sandbox/client.ts";
import { openLauncher } from "../../src/sandbox/launcher.ts";
import { openSandbox } from "../../src/sandbox/open.ts";
import { conforms } from "./conformance.ts";
import { installs } from "./installing.ts";
import {
  canRunLauncher,
  REPOSITORY,
  type SandboxService,
  SERVICE_UID,
  startLauncherService,
} from "./sandbox-service.ts";

describe.skipIf(!canRunLauncher)("the sandbox service with the launcher", () => {
  const folder = mkdtempSync(join(tmpdir(), "service-"));
  const socket = join(folder, "sock", "sandbox.sock");
  let service: SandboxService;

  beforeAll(async () => {
    service = await startLauncherService(folder);
  });
  afterAll(() => {
    service?.stop();
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
    expect(service.process.exitCode).toBeNull();
  });
});

describe.skipIf(!canRunLauncher)("the launcher", () => {
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
