import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { SandboxClient } from "../../../src/sandbox/client.ts";
import {
  asServiceUser,
  canRunLauncher,
  REPOSITORY,
  type SandboxService,
  startBubblewrapService,
  startLauncherService,
} from "../sandbox-service.ts";
import { holdsAll, type OpenedSurroundings } from "./conforms.ts";
import { Outside, PROGRAM } from "./outside.ts";
import { factsOf, HOSTILE, newMark } from "./try-escapes.ts";

/** Whom bubblewrap's jobs run as when the service is root. */
const JAILED_UID = 60_900;
const PYTHON = "/usr/bin/python3";

interface Ground {
  readonly folder: string;
  readonly machine: Outside;
  readonly mark: string;
  /** Planted beside the service, and open in it without need. */
  readonly secret: string;
  readonly leak: string;
}

async function openGround(): Promise<Ground> {
  const folder = mkdtempSync(join(tmpdir(), "escapes-"));
  chmodSync(folder, 0o755);
  const [mark, secret] = [newMark(), `planted-${newMark()}`];
  const setting = { secret: `planted-${newMark()}`, mark, folder: join(folder, "outside"), network: true };
  const machine = await Outside.start([PYTHON], setting);
  const leak = join(folder, "leak");
  writeFileSync(leak, secret);
  return { folder, machine, mark, secret, leak };
}

/** What a careless operator gives a service: a descriptor and proxy variables. */
const careless = ({ leak, machine }: Ground) => ({
  leak,
  env: { HTTP_PROXY: `http://127.0.0.1:${machine.ports["12"]}`, http_proxy: `http://127.0.0.1:${machine.ports["12"]}` },
});

function closing(ground: Ground, service: SandboxService, neighbour: Outside) {
  return async () => {
    for (const one of [ground.machine, neighbour]) one.close();
    service.stop();
    await new Promise((resolve) => service.process.once("close", resolve));
    rmSync(ground.folder, { recursive: true, force: true });
  };
}

async function bubblewrap(): Promise<OpenedSurroundings> {
  const ground = await openGround();
  const service = await startBubblewrapService(ground.folder, careless(ground));
  const folder = mkdtempSync(join(tmpdir(), "escapes-near-"));
  const { mark, secret, machine } = ground;
  rmSync(folder, { recursive: true });
  const near = { secret, mark: `${mark}-near`, folder, network: false };
  const neighbour = await Outside.start([...asServiceUser(JAILED_UID), PYTHON], near);
  const close = closing(ground, service, neighbour);
  return {
    sandbox: new SandboxClient(service.socket),
    machine,
    neighbour: neighbour,
    roots: [join(ground.folder, "scratch")],
    sources: [join(REPOSITORY, "package.json"), join(REPOSITORY, "services/auditor/package.json")],
    programs: [
      process.execPath,
      "/aura/node",
      "/usr/bin/bwrap",
      join(REPOSITORY, "services/auditor/src/sandbox/main.ts"),
    ],
    own_init: true,
    socket: service.socket,
    log: async () => service.log(),
    close: async () => {
      await close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function launcher(): Promise<OpenedSurroundings> {
  const ground = await openGround();
  const { mark, secret, machine } = ground;
  const inner = join(ground.folder, "service");
  const service = await startLauncherService(inner, {
    ...careless(ground),
    beside: { program: PROGRAM, planted: secret },
  });
  const near = { secret, mark: `${mark}-near`, folder: "/sock/near", network: false };
  if (service.beside === null) throw new Error("nothing runs beside the service");
  const neighbour = await Outside.over({ ...service.beside, stop: () => undefined }, near);
  return {
    sandbox: new SandboxClient(service.socket),
    machine,
    neighbour,
    roots: ["/work", "/product", "/dependencies", "/tmp", "/scratch", "/dev/shm"],
    sources: ["/app/package.json", "/app/services/auditor/package.json"],
    programs: ["/launcher", "/app/services/auditor/src/sandbox/main.ts"],
    own_init: false,
    socket: "/sock/sandbox.sock",
    log: async () => service.log(),
    close: closing(ground, service, neighbour),
  };
}

holdsAll("bubblewrap on the bare host", bubblewrap);
describe.skipIf(!canRunLauncher)("", () => holdsAll("the launcher", launcher));

test("the same program reaches every listener when nothing isolates it", async () => {
  const { folder, machine } = await openGround();
  const near = {
    machine,
    neighbour: machine,
    sources: [],
    programs: [],
    own_init: false,
    socket: join(folder, "none"),
  };
  writeFileSync(join(folder, "attempts.py"), HOSTILE.get("attempts.py") ?? "");
  const args = [join(folder, "attempts.py"), "network", JSON.stringify(factsOf(near))];
  await promisify(execFile)(PYTHON, args, { env: { PATH: process.env.PATH } });
  await expect.poll(() => [...machine.reached].sort()).toEqual(expect.arrayContaining([1, 2, 3, 4, 6]));
  machine.close();
  rmSync(folder, { recursive: true });
});
