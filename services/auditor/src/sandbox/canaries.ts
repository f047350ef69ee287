import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { AuraError } from "@aura/shared/problems";
import type { EnvironmentFacts } from "@aura/shared/schemas/verification-report";
import { z } from "zod";
import type { Jail, JailEnd } from "./jail.ts";
import { PRODUCT_LIMITS } from "./limits.ts";

export const CANARIES = ["read_secret", "write_outside", "tcp", "udp", "vsock", "signal_parent", "fork_300"] as const;

const PROGRAM = readFileSync(new URL("./canary.py", import.meta.url), "utf8");
const Line = z.strictObject({ canary: z.enum(CANARIES), escaped: z.boolean() });
const PythonLine = z.strictObject({ python: z.string().max(40) });

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
  const [secret, outside] = [join(jail.scratch, "secret"), join(jail.scratch, "outside")];
  writeFileSync(secret, "planted", { mode: 0o644 });
  rmSync(outside, { force: true });
  const listener = jail.namespaces ? await listen() : null;
  const work = jail.openWork();
  try {
    const facts = { secret, outside, parent: process.pid, port: listener?.port ?? 0 };
    const end = await start(jail, work, JSON.stringify(facts)).ended;
    const effects = { write_outside: existsSync(outside), tcp: listener?.reached() ?? false };
    const canaries = judge(end, effects);
    return { canaries, python: PythonLine.parse(parseJson(end.stdout.split("\n")[0] ?? "")).python };
  } finally {
    listener?.server.close();
    jail.discard(work);
  }
}

function start(jail: Jail, work: string, facts: string) {
  return jail.start({
    argv: ["/usr/bin/python3", "-I", "-S", "-c", PROGRAM, facts],
    env: { PATH: "/usr/bin:/bin" },
    stdin: null,
    product: null,
    work,
    attachments: null,
    relay: null,
    node: false,
    channel: false,
    loopback: true,
    limits: PRODUCT_LIMITS,
  });
}

function judge(end: JailEnd, effects: Partial<Record<string, boolean>>): EnvironmentFacts["canaries"] {
  const escaped = new Map(readLines(end.stdout).map((line) => [line.canary as string, line.escaped]));
  if (end.reason === "processes") escaped.set("fork_300", false); // the limit ended the program in the act
  const silent = CANARIES.filter((name) => !escaped.has(name));
  if (silent.length > 0) refuse(`the sandbox does not start (${end.reason}): ${end.stderr.trim().slice(0, 400)}`);
  const out = CANARIES.filter((name) => escaped.get(name) === true || effects[name] === true);
  if (out.length > 0) refuse(`a test program broke out of the sandbox: ${out.join(", ")}`);
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
  readonly port: number;
  reached(): boolean;
}

/** A port on the machine's own 127.0.0.1, which the sandbox must not reach. */
function listen(): Promise<Listener> {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      resolve({ server, port, reached: () => connections > 0 });
    });
  });
}

function refuse(detail: string): never {
  throw new AuraError("isolation_unavailable", detail);
}
