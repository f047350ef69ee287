import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { AuraError } from "@aura/shared/problems";
import type { EnvironmentFacts } from "@aura/shared/schemas/verification-report";
import { z } from "zod";
import type { Jail, JailEnd } from "./jail.ts";
import { PRODUCT_LIMITS } from "./limits.ts";
import { makeFolder, removeFolder } from "./scratch.ts";

export const CANARIES = [
  "read_secret",
  "write_outside",
  "tcp",
  "udp",
  "unix_socket",
  "vsock",
  "signal_parent",
  "fork_300",
] as const;

const PROGRAM = readFileSync(new URL("./canary.py", import.meta.url), "utf8");
const Line = z.strictObject({ canary: z.enum(CANARIES), escaped: z.boolean() });
const PythonLine = z.strictObject({ python: z.string().max(40) });

/** How the refusal of a jail that a canary broke out of begins, on both sides of the sandbox service's socket. */
export const ESCAPED = "a test program broke out of the sandbox";

export interface CanaryReport {
  /** All `contained`; otherwise nothing is reported but refused. */
  readonly canaries: EnvironmentFacts["canaries"];
  /** Version of the interpreter inside. */
  readonly python: string;
}

/**
 * Lets a program try to break out of `jail`. A canary counts as contained only when it said so itself and the parent
 * saw no effect; one that said nothing refuses the jail just as one that escaped.
 *
 * @throws {AuraError} `isolation_unavailable`
 */
export async function runCanaries(jail: Jail): Promise<CanaryReport> {
  const folder = makeFolder(jail.scratch, "canary-", null);
  const planted = { secret: join(folder, "secret"), outside: join(folder, "outside"), socket: join(folder, "socket") };
  writeFileSync(planted.secret, "planted", { mode: 0o644 });
  const local = await listen(planted.socket);
  chmodSync(planted.socket, 0o666);
  const port = jail.namespaces ? await listen(0) : null;
  const work = jail.openWork();
  try {
    const facts = { ...planted, parent: process.pid, port: port?.number ?? 0 };
    const end = await start(jail, work, JSON.stringify(facts)).ended;
    const effects = {
      write_outside: existsSync(planted.outside),
      tcp: port?.reached() ?? false,
      unix_socket: local.reached(),
    };
    const canaries = judge(end, effects, jail.fix);
    return { canaries, python: PythonLine.parse(parseJson(end.stdout.split("\n")[0] ?? "")).python };
  } finally {
    local.server.close();
    port?.server.close();
    jail.discard(work);
    removeFolder(folder);
  }
}

function start(jail: Jail, work: string, facts: string) {
  return jail.start({
    argv: ["/usr/bin/python3", "-I", "-S", "-c", PROGRAM, facts],
    env: { PATH: "/usr/bin:/bin" },
    stdin: null,
    product: null,
    dependencies: null,
    work,
    attachments: null,
    relay: null,
    node: false,
    channel: false,
    loopback: true,
    limits: PRODUCT_LIMITS,
  });
}

function judge(end: JailEnd, effects: Partial<Record<string, boolean>>, fix: string): EnvironmentFacts["canaries"] {
  const escaped = new Map(readLines(end.stdout).map((line) => [line.canary as string, line.escaped]));
  if (end.reason === "processes") escaped.set("fork_300", false); // the limit ended the program in the act
  const silent = CANARIES.filter((name) => !escaped.has(name));
  if (silent.length > 0)
    refuse(`the sandbox does not start (${end.reason}): ${end.stderr.trim().slice(0, 400)}; ${fix}`);
  const out = CANARIES.filter((name) => escaped.get(name) === true || effects[name] === true);
  if (out.length > 0) refuse(`${ESCAPED}: ${out.join(", ")}`);
  return Object.fromEntries(CANARIES.map((name) => [name, "contained" as const]));
}

function readLines(stdout: string): z.infer<typeof Line>[] {
  return stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .flatMap((line) => {
      const parsed = Line.safeParse(parseJson(line));
      return parsed.success ? [parsed.data] : [];
    });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

interface Listener {
  readonly server: Server;
  /** The TCP port; 0 for a Unix socket. */
  readonly number: number;
  reached(): boolean;
}

/** Listens where the sandbox must not reach: on a port of the machine's own 127.0.0.1, or on a Unix socket. */
function listen(where: 0 | string): Promise<Listener> {
  let connections = 0;
  const server = createServer((stream) => {
    connections += 1;
    stream.destroy();
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(where === 0 ? { port: 0, host: "127.0.0.1" } : { path: where }, () => {
      const address = server.address();
      const number = typeof address === "object" && address !== null ? address.port : 0;
      resolve({ server, number, reached: () => connections > 0 });
    });
  });
}

function refuse(detail: string): never {
  throw new AuraError("isolation_unavailable", detail);
}
