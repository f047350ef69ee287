import { readFileSync } from "node:fs";
import type { AcceptanceTest } from "@aura/shared/schemas/suite-product";
import type { Jail, JailProcess } from "../sandbox/jail.ts";
import { RUNNER_LIMITS } from "../sandbox/limits.ts";
import { type RunnerDone, RunnerMessage } from "./messages.ts";

const PROGRAM = readFileSync(new URL("./runner.js", import.meta.url), "utf8");
/** A test that reached what this program is made of could otherwise turn text into code of it, and answer for itself. */
const NO_TEXT_AS_CODE = ["--disallow-code-generation-from-strings"];
const LINE_BYTES_MAX = 8 * 1024 * 1024;

export type AnswerCall = (method: string, args: string) => Promise<string>;
export type RunnerEnding =
  | { readonly kind: "done"; readonly done: RunnerDone }
  | { readonly kind: "timeout" | "crash" };

/** A sandboxed process that holds tests, one after the other. After a timeout or a crash it is dead. */
export class TestRunner {
  private readonly jail: Jail;
  private readonly job: JailProcess;
  private readonly folder: string;
  private rest = "";
  private alive = true;
  private finish: ((ending: RunnerEnding) => void) | null = null;
  private started: (ready: boolean) => void = () => undefined;
  /** False when the process ended before it could take a test: something is wrong here, not with a test. */
  readonly ready: Promise<boolean>;
  private answer: AnswerCall = () => Promise.resolve("");
  private expected = "";

  /** @param clock environment that moves its clock */
  constructor(jail: Jail, clock: Readonly<Record<string, string>>) {
    this.jail = jail;
    this.folder = jail.openFolder();
    this.job = jail.start({
      argv: ["node", ...NO_TEXT_AS_CODE, "--input-type=module", "--max-old-space-size=256", "-e", PROGRAM],
      env: { PATH: "/usr/bin:/bin", LANG: "C.UTF-8", NO_COLOR: "1", ...clock },
      stdin: null,
      product: null,
      dependencies: null,
      work: this.folder,
      attachments: null,
      relay: null,
      node: true,
      channel: true,
      loopback: false,
      limits: RUNNER_LIMITS,
    });
    this.ready = new Promise((resolve) => {
      this.started = resolve;
    });
    this.job.channel?.on("data", (chunk: Buffer) => this.read(chunk));
    this.job.channel?.on("error", () => undefined);
    this.job.ended.then(() => {
      this.alive = false;
      this.started(false);
      this.settle({ kind: "crash" });
    });
  }

  /** What the process said while it failed to start. */
  stderr(): string {
    return this.job.stderr();
  }

  get isAlive(): boolean {
    return this.alive;
  }

  /** Evaluates one test; `answer` carries out its calls. The time limit counts from here. */
  run(test: AcceptanceTest, prelude: string, seed: number, answer: AnswerCall): Promise<RunnerEnding> {
    this.answer = answer;
    this.expected = test.id;
    const timer = setTimeout(() => {
      this.settle({ kind: "timeout" });
      this.close();
    }, test.timeout_s * 1000);
    const ending = new Promise<RunnerEnding>((resolve) => {
      this.finish = resolve;
    });
    this.send({ type: "test", id: test.id, body: test.body, prelude, seed });
    return ending.finally(() => clearTimeout(timer));
  }

  async close(): Promise<void> {
    this.alive = false;
    this.job.kill("killed");
    await this.job.ended;
    this.jail.discard(this.folder);
  }

  private read(chunk: Buffer): void {
    this.rest += chunk.toString("latin1");
    if (this.rest.length > LINE_BYTES_MAX) this.job.kill("output");
    const lines = this.rest.split("\n");
    this.rest = lines.pop() ?? "";
    for (const line of lines) this.receive(Buffer.from(line, "latin1").toString("utf8"));
  }

  private receive(line: string): void {
    const message = parseMessage(line);
    if (message === null) this.job.kill("killed");
    else if (message.type === "ready") this.started(true);
    else if (message.type === "call") this.carryOut(message.call, message.method, message.args);
    else if (message.type === "done" && message.id === this.expected) this.settle({ kind: "done", done: message });
  }

  private carryOut(call: number, method: string, args: string): void {
    if (this.finish === null) return; // the test has ended: what it started late has no one to answer to
    this.answer(method, args).then((text) => this.send({ type: "reply", call, text }));
  }

  private settle(ending: RunnerEnding): void {
    this.finish?.(ending);
    this.finish = null;
  }

  private send(message: object): void {
    if (this.alive) this.job.channel?.write(`${JSON.stringify(message)}\n`);
  }
}

function parseMessage(line: string): RunnerMessage | null {
  try {
    return RunnerMessage.parse(JSON.parse(line));
  } catch {
    return null;
  }
}
