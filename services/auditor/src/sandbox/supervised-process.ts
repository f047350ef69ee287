import { type ChildProcess, spawn } from "node:child_process";
import type { Duplex, Readable } from "node:stream";
import { measureHostile } from "./hostile-folder.ts";
import type { JailEnd, JailProcess } from "./jail.ts";
import { type EndReason, endReason, type Limits } from "./limits.ts";
import { isChildOf, measureTree } from "./process-tree.ts";

export interface SupervisedStart {
  /** The program that isolates, with all its arguments. */
  readonly command: readonly string[];
  /** Uid and gid of the isolating program, without supplementary groups; null: those of this process. */
  readonly owner: number | null;
  readonly stdin: string | Buffer | null;
  readonly channel: boolean;
  /** Open descriptor of the seccomp filter; becomes descriptor 5. */
  readonly filter: number;
  readonly limits: Limits;
  readonly work: string;
  /**
   * How it is ended. `init`: by killing the first process of its process namespace, whose id is on the status line, so
   * that the kernel ends all others. `sweep`: by asking the isolating program, which ends all others itself.
   */
  readonly stop: "init" | "sweep";
}

const SAMPLE_MS = 100;
/** After a stop; then the isolating program itself is killed. */
const STOP_GRACE_MS = 2_000;

/**
 * Starts an isolating program and holds it to its limits. Descriptors: 0 to 2 as usual, 3 the channel, 4 where the
 * isolating program writes `{"child-pid": n}` and, once the isolated program has ended, `{"exit-code": n}`, 5 the
 * seccomp filter. Without an exit code there the isolated program never ran, whatever this process's own one says.
 */
export function superviseProcess(start: SupervisedStart): JailProcess {
  const begun = performance.now();
  const [program = "", ...args] = start.command;
  const child = spawn(program, args, {
    env: { PATH: "/usr/bin:/bin" },
    cwd: "/",
    ...(start.owner === null ? {} : { uid: start.owner, gid: start.owner }),
    stdio: [
      start.stdin === null ? "ignore" : "pipe",
      "pipe",
      "pipe",
      start.channel ? "pipe" : "ignore",
      "pipe",
      start.filter,
    ],
  });
  const job = new SupervisedProcess(child, start);
  return {
    channel: start.channel ? (child.stdio[3] as Duplex) : null,
    ended: job.ended.then((end) => ({ ...end, duration_ms: Math.round(performance.now() - begun) })),
    stderr: () => job.stderr.text(),
    kill: (reason) => job.stop(reason),
  };
}

class SupervisedProcess {
  readonly stdout: BoundedOutput;
  readonly stderr: BoundedOutput;
  readonly ended: Promise<Omit<JailEnd, "duration_ms">>;
  private readonly status: BoundedOutput;
  private readonly child: ChildProcess;
  private readonly start: SupervisedStart;
  private stopped: EndReason | null = null;

  constructor(child: ChildProcess, start: SupervisedStart) {
    this.child = child;
    this.start = start;
    const overflow = () => this.stop("output");
    this.stdout = new BoundedOutput(child.stdout, start.limits.output_bytes, overflow);
    this.stderr = new BoundedOutput(child.stderr, start.limits.output_bytes, overflow);
    this.status = new BoundedOutput(child.stdio[4] as Readable, 4096, () => undefined);
    child.stdio[4]?.on("data", () => this.carryOutStop());
    this.feed();
    const wall = setTimeout(() => this.stop("timeout"), start.limits.wall_ms);
    const watch = watchUse(child.pid, () => this.checkUse());
    this.ended = new Promise((resolve) => {
      child.once("error", () => resolve(this.end()));
      child.once("close", () => resolve(this.end()));
    });
    this.ended.finally(() => {
      clearTimeout(wall);
      watch();
    });
  }

  stop(reason: EndReason): void {
    if (this.stopped !== null || this.child.exitCode !== null) return;
    this.stopped = reason;
    this.carryOutStop();
    const force = setTimeout(() => this.child.kill("SIGKILL"), STOP_GRACE_MS);
    this.ended.finally(() => clearTimeout(force));
  }

  /**
   * Never kills bubblewrap itself first: while it sets up, its child does not yet die with it and would run on unseen.
   * Before the child's id is known this does nothing, and is called again when the status line comes.
   */
  private carryOutStop(): void {
    if (this.stopped === null) return;
    if (this.start.stop === "sweep") this.child.kill("SIGTERM");
    const init = /"child-pid":\s*(\d+)/.exec(this.status.text())?.[1];
    if (this.start.stop === "sweep" || init === undefined) return;
    if (this.child.pid !== undefined && isChildOf(Number(init), this.child.pid)) killQuietly(Number(init));
  }

  private feed(): void {
    const { stdin } = this.child;
    stdin?.on("error", () => undefined); // the program may end without reading all of it
    if (this.start.stdin !== null) stdin?.end(this.start.stdin);
    for (const stream of [this.child.stdio[3], this.child.stdio[4]]) stream?.on("error", () => undefined);
  }

  private checkUse(): void {
    const { limits, work } = this.start;
    const use = measureTree(this.child.pid ?? -1);
    const disk = measureHostile(work, limits.disk_entries);
    if (use.tasks >= limits.processes) this.stop("processes");
    else if (use.memory_bytes > limits.memory_bytes) this.stop("memory");
    else if (disk.bytes > limits.disk_bytes || disk.entries >= limits.disk_entries) this.stop("disk");
  }

  private end(): Omit<JailEnd, "duration_ms"> {
    const [stdout, stderr] = [this.stdout.text(), this.stderr.text()];
    if (this.stopped !== null) return { exit_code: null, reason: this.stopped, stdout, stderr };
    const exitCode = exitCodeOf(this.status.text());
    return { exit_code: exitCode, reason: endReason(exitCode, stderr), stdout, stderr };
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it ended meanwhile
  }
}

/** Reads the isolating program's own status lines; null when the isolated program never ran. */
function exitCodeOf(status: string): number | null {
  if (status.includes('"refused"')) return null;
  const found = /"exit-code":\s*(\d{1,3})/.exec(status);
  return found === null ? null : Number(found[1]);
}

/** Collects up to `bytesMax`, drops the rest and says so once. */
class BoundedOutput {
  private readonly chunks: Buffer[] = [];
  private size = 0;

  constructor(stream: Readable | null, bytesMax: number, overflow: () => void) {
    stream?.on("data", (chunk: Buffer) => {
      const room = bytesMax - this.size;
      if (room > 0) this.chunks.push(chunk.subarray(0, room));
      this.size += chunk.length;
      if (chunk.length > room) overflow();
    });
    stream?.on("error", () => undefined);
  }

  text(): string {
    return Buffer.concat(this.chunks).toString("utf8");
  }
}

/** Calls `check` every 100 ms while the process lives; returns what ends that. */
function watchUse(pid: number | undefined, check: () => void): () => void {
  if (pid === undefined) return () => undefined;
  const timer = setInterval(check, SAMPLE_MS);
  timer.unref();
  return () => clearInterval(timer);
}
