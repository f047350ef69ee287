import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { SandboxClient } from "../../services/auditor/src/sandbox/client.ts";
import { holdsAll, type OpenedSurroundings } from "../../services/auditor/test/sandbox/escapes/conforms.ts";
import { Outside } from "../../services/auditor/test/sandbox/escapes/outside.ts";
import { newMark } from "../../services/auditor/test/sandbox/escapes/try-escapes.ts";
import { openComposeProject } from "./compose-project.ts";
import { until } from "./until.ts";

const docker = promisify(execFile);
/** The Auditor's user and group in Compose: the only other one that may use the service's socket. */
const AUDITOR = "10002:10001";
const SOCKET = "/sock/sandbox.sock";
const RELAY = `const { connect } = require("node:net");
const sandbox = connect("${SOCKET}");
sandbox.on("error", () => process.exit(1)).on("close", () => process.exit(0));
process.stdin.pipe(sandbox).pipe(process.stdout);`;

/** The service in its own container, as docker-compose.yml starts it, and reached as the Auditor reaches it. */
async function openSandboxContainer(): Promise<OpenedSurroundings> {
  const project = await openComposeProject();
  await project.up("--no-deps", "sandbox");
  const id = (await project.containers()).find(({ service }) => service === "sandbox")?.id ?? "";
  const folder = mkdtempSync(join(tmpdir(), "escapes-"));
  const mark = newMark();
  const secrets = [`planted-${newMark()}`, `planted-${newMark()}`] as const;
  const outside = { secret: secrets[0], mark, folder: join(folder, "outside"), network: true };
  const machine = await Outside.start(["/usr/bin/python3"], outside);
  const near = { secret: secrets[1], mark: `${mark}-near`, folder: "/sock/near", network: false };
  const exec = ["docker", "exec", "-i", "-e", `PLANTED=${secrets[1]}`, id, "/usr/bin/python3"];
  const neighbour = await Outside.start(exec, near);
  const relay = await listenAsAuditor(id, join(folder, "sandbox.sock"));
  const sandbox = new SandboxClient(join(folder, "sandbox.sock"));
  await until(() => answers(sandbox));
  return {
    sandbox,
    machine,
    neighbour,
    roots: ["/work", "/product", "/dependencies", "/tmp", "/scratch", "/dev/shm"],
    sources: ["/app/package.json", "/app/services/auditor/package.json"],
    programs: ["/usr/local/bin/aura-launcher", "/usr/local/bin/node", "/app/services/auditor/src/sandbox/main.ts"],
    own_init: false,
    socket: SOCKET,
    log: async () => {
      const { stdout, stderr } = await docker("docker", ["logs", id], { encoding: "latin1" });
      return `${stdout}${stderr}`;
    },
    close: async () => {
      relay.close();
      for (const one of [machine, neighbour]) one.close();
      rmSync(folder, { recursive: true, force: true });
      await project.remove();
    },
  };
}

/** The container runs before its service listens. */
function answers(sandbox: SandboxClient): Promise<boolean> {
  return sandbox.environment().then(
    () => true,
    () => false,
  );
}

/** Leads each connection into the container, as another user of the socket's group. */
async function listenAsAuditor(id: string, path: string): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (stream) => {
    const inside = spawn("docker", ["exec", "-i", "-u", AUDITOR, id, "node", "-e", RELAY], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    for (const one of [stream, inside.stdin]) one.on("error", () => inside.kill());
    stream.pipe(inside.stdin);
    inside.stdout.pipe(stream);
    stream.once("close", () => inside.kill());
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return server;
}

holdsAll("its container in Compose", openSandboxContainer);
