import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { z } from "zod";

export const PROGRAM = readFileSync(new URL("./outside.py", import.meta.url), "utf8");

const Seen = z.array(
  z.object({
    program: z.string(),
    status: z.array(z.string()),
    interfaces: z.array(z.string()),
    routes: z.array(z.string()),
    anonymous: z.array(z.string()),
  }),
);
const Left = z.object({
  processes: z.array(z.string()),
  files: z.array(z.string()),
  mounts: z.array(z.string()),
  sockets: z.array(z.string()),
});
const Planted = z.object({
  files: z.array(z.string()),
  secret: z.string(),
  links: z.int(),
  mode: z.int(),
  tracer: z.array(z.string()),
  core_pattern: z.string(),
});
const Line = z.union([
  z.object({ reached: z.int() }),
  z.object({ ports: z.record(z.string(), z.int()), pid: z.int() }),
  z.object({ look: Seen }),
  z.object({ left: Left }),
  z.object({ planted: Planted }),
]);
type Line = z.infer<typeof Line>;
export type Left = z.infer<typeof Left>;

export interface Setting {
  readonly secret: string;
  /** Stands in the command line of everything that a job starts. */
  readonly mark: string;
  /** Where to plant. */
  readonly folder: string;
  /** Listen on the network, too. */
  readonly network: boolean;
}

/** Both ends of a process, and what ends it. */
export interface Channel {
  readonly input: Writable;
  readonly output: Readable;
  stop(): void;
}

/** A process outside of the sandbox that watches it, and is a victim to try. */
export class Outside {
  /** Numbers of the escapes that reached it. */
  readonly reached = new Set<number>();
  readonly setting: Setting;
  ports: Readonly<Record<string, number>> = {};
  /** Its number in its own process namespace. */
  pid = 0;
  private readonly channel: Channel;
  private readonly waiting: ((line: Line) => void)[] = [];
  private alive = true;

  private constructor(channel: Channel, setting: Setting) {
    this.setting = setting;
    this.channel = channel;
    channel.output.setMaxListeners(0); // each question waits for its end
    channel.input.on("error", () => undefined);
    channel.output.on("close", () => {
      this.alive = false;
    });
    createInterface(channel.output).on("line", (text) => this.take(Line.parse(JSON.parse(text))));
  }

  /** @param command starts Python; the program follows as its arguments */
  static start(command: readonly string[], setting: Setting): Promise<Outside> {
    const [program = "", ...args] = [...command, "-c", PROGRAM];
    // What it has in its own environment is what others must not read there.
    const env = {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      DOCKER_HOST: process.env.DOCKER_HOST,
      PLANTED: setting.secret,
    };
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"], env });
    return Outside.over({ input: child.stdin, output: child.stdout, stop: () => child.kill("SIGKILL") }, setting);
  }

  /** @param channel of a process that runs PROGRAM */
  static async over(channel: Channel, setting: Setting): Promise<Outside> {
    const outside = new Outside(channel, setting);
    const line = await outside.ask(setting);
    if (!("ports" in line)) throw new Error("what watches did not start");
    outside.ports = line.ports;
    outside.pid = line.pid;
    return outside;
  }

  get isAlive(): boolean {
    return this.alive;
  }

  async look(): Promise<z.infer<typeof Seen>> {
    const line = await this.ask({ do: "look" });
    return "look" in line ? line.look : [];
  }

  async left(roots: readonly string[]): Promise<Left> {
    const line = await this.ask({ do: "left", roots });
    if ("left" in line) return line.left;
    throw new Error("what watches answered something else");
  }

  async planted(): Promise<z.infer<typeof Planted>> {
    const line = await this.ask({ do: "planted" });
    if ("planted" in line) return line.planted;
    throw new Error("what watches answered something else");
  }

  close(): void {
    this.channel.stop();
  }

  private take(line: Line): void {
    if ("reached" in line) this.reached.add(line.reached);
    else this.waiting.shift()?.(line);
  }

  private ask(message: object): Promise<Line> {
    return new Promise((resolve, reject) => {
      this.channel.output.once("close", () => reject(new Error("what watches is gone")));
      this.waiting.push(resolve);
      this.channel.input.write(`${JSON.stringify(message)}\n`);
    });
  }
}
