import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { z } from "zod";
import { ROOT } from "../system/aura-home.ts";
import { freePort } from "../system/ports.ts";

const execute = promisify(execFile);
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
const LOG_LINES = 60;
/** What the Docker client itself needs; no other variable, and no .env, reaches docker-compose.yml. */
const CLIENT = /^(PATH|HOME|XDG_RUNTIME_DIR|DOCKER_.*|https?_proxy|no_proxy)$/i;

/** What `docker inspect` says about a container, as far as isolation depends on it. */
const Container = z.object({
  NetworkSettings: z.object({ Networks: z.record(z.string(), z.unknown()) }),
  Config: z.object({ User: z.string(), Env: z.array(z.string()).nullable(), Labels: z.record(z.string(), z.string()) }),
  HostConfig: z.object({
    CapAdd: z.array(z.string()).nullable(),
    CapDrop: z.array(z.string()).nullable(),
    Privileged: z.boolean(),
    NetworkMode: z.string(),
    PortBindings: z.record(z.string(), z.array(z.object({ HostIp: z.string(), HostPort: z.string() }))).nullable(),
  }),
  State: z.object({ Status: z.string(), ExitCode: z.int() }),
});
export type Container = z.infer<typeof Container> & { readonly id: string; readonly service: string };

/** This repository under `docker compose`, with the example configuration, a name and a port of its own. */
export interface ComposeProject {
  readonly manager_url: string;
  /** @throws with the end of the containers' logs */
  readonly up: (...options: readonly string[]) => Promise<void>;
  readonly containers: () => Promise<Container[]>;
  /** User ids of the container's processes, as the host sees them. */
  readonly userIds: (id: string) => Promise<string[]>;
  /** The end of every container's log. */
  readonly logs: () => Promise<string>;
  /** Containers, volumes, networks and images of the project that there are. */
  readonly remains: () => Promise<string[]>;
  /** `down -v`; the images that were built go, too. */
  readonly remove: () => Promise<void>;
}

export async function openComposeProject(): Promise<ComposeProject> {
  const name = `aura-test-${randomBytes(4).toString("hex")}`;
  const port = await freePort();
  const own = Object.entries(process.env).filter(([variable]) => CLIENT.test(variable));
  const env = { ...Object.fromEntries(own), MANAGER_PORT: String(port) };
  const sweeper = startSweeper(name, env);

  const docker = async (...args: readonly string[]): Promise<string> =>
    (await execute("docker", args, { cwd: ROOT, env, maxBuffer: OUTPUT_BYTES_MAX })).stdout.trim();
  const compose = (...args: readonly string[]) => docker("compose", "--env-file", "/dev/null", "-p", name, ...args);
  const list = async (...kind: readonly string[]): Promise<string[]> =>
    (await docker(...kind, "-q", "--filter", `label=com.docker.compose.project=${name}`)).split("\n").filter(Boolean);
  const logs = () => compose("logs", "--no-color", "--tail", String(LOG_LINES));

  return {
    manager_url: `http://127.0.0.1:${port}`,
    async up(...options) {
      await compose("up", "--build", "-d", ...options, "--wait").catch(async (error: unknown) => {
        throw new Error(`${String(error)}\n${await logs().catch(String)}`);
      });
    },
    async containers() {
      const ids = await list("ps", "-a");
      const inspected = z.array(Container).parse(JSON.parse(await docker("inspect", ...ids)));
      return inspected.map((container, index) => ({
        ...container,
        id: ids[index] ?? "",
        service: container.Config.Labels["com.docker.compose.service"] ?? "",
      }));
    },
    async userIds(id) {
      const [, ...rows] = (await docker("top", id, "-eo", "uid,pid")).split("\n"); // the first is the heading
      return rows.map((row) => row.trim().split(/\s+/)[0] ?? "");
    },
    logs,
    remains: async () =>
      (
        await Promise.all(
          [
            ["ps", "-a"],
            ["volume", "ls"],
            ["network", "ls"],
            ["image", "ls"],
          ].map((k) => list(...k)),
        )
      ).flat(),
    remove: () => swept(sweeper),
  };
}

/**
 * Waits until its standard input closes, which it does when this process asks for it or dies, however that is; then
 * removes all that the project left. In a process group of its own, so that it outlives a killed test run.
 */
function startSweeper(name: string, env: NodeJS.ProcessEnv): ChildProcess {
  const down = 'docker compose --env-file /dev/null -p "$0" down -v --remove-orphans --rmi local --timeout 10';
  return spawn("sh", ["-c", `cat >/dev/null; exec ${down}`, name], {
    cwd: ROOT,
    env,
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
}

async function swept(sweeper: ChildProcess): Promise<void> {
  if (sweeper.exitCode !== null) return;
  const ended = new Promise<number | null>((resolve) => sweeper.once("exit", resolve));
  sweeper.stdin?.end();
  const code = await ended;
  if (code !== 0) throw new Error(`docker compose down ended with ${code}`);
}
