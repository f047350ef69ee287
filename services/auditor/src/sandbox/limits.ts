import type { SandboxJobResult } from "@aura/shared/schemas/sandbox-job";

/** What ended a sandboxed process. Each limit has a word of its own. */
export type EndReason = Exclude<SandboxJobResult["reason"], "isolation_unavailable" | "unknown_command">;

/** Bounds of one sandboxed process and everything it starts. */
export interface Limits {
  readonly wall_ms: number;
  /** A process; the kernel ends it with SIGXCPU. */
  readonly cpu_s: number;
  /** Anonymous resident memory of all processes together. */
  readonly memory_bytes: number;
  /** Address space of one process, a backstop far above `memory_bytes`; null for runtimes that reserve terabytes. */
  readonly address_space_bytes: number | null;
  /** Processes and threads together. */
  readonly processes: number;
  /** Each of stdout and stderr. */
  readonly output_bytes: number;
  /** One file. */
  readonly file_bytes: number;
  /** The working directory, all files together. */
  readonly disk_bytes: number;
  readonly disk_entries: number;
  readonly open_files: number;
}

const MIB = 1024 * 1024;

/** A call of the product: seconds, not minutes. */
export const PRODUCT_LIMITS: Limits = {
  wall_ms: 10_000,
  cpu_s: 10,
  memory_bytes: 512 * MIB,
  address_space_bytes: 4096 * MIB,
  processes: 64,
  output_bytes: MIB,
  file_bytes: 32 * MIB,
  disk_bytes: 64 * MIB,
  disk_entries: 5_000,
  open_files: 256,
};

/** A check that a developer asked for, and the Auditor's own programs over a whole tree. */
export const CHECK_LIMITS: Limits = { ...PRODUCT_LIMITS, wall_ms: 60_000, cpu_s: 60 };

/** npm or pip fetching the packages of a plan. */
export const INSTALL_LIMITS: Limits = {
  ...PRODUCT_LIMITS,
  wall_ms: 240_000,
  cpu_s: 180,
  memory_bytes: 768 * MIB,
  disk_bytes: 120 * MIB,
  disk_entries: 19_000,
};

/** The process that holds the tests. Node reserves address space far beyond what it uses. */
export const RUNNER_LIMITS: Limits = {
  ...PRODUCT_LIMITS,
  wall_ms: 1_800_000,
  cpu_s: 600,
  address_space_bytes: null,
  file_bytes: MIB,
  disk_bytes: MIB,
};

const SIGNAL_REASONS: ReadonlyMap<number, EndReason> = new Map([
  [128 + 9, "killed"],
  [128 + 24, "cpu"],
  [128 + 25, "file_size"],
]);

/**
 * Names what ended a process that nobody here killed.
 *
 * @param exitCode as a shell gives it: 128 + signal for a signal; null when the process never started
 * @param stderr of the process: runtimes that survive a refused allocation or write say so there
 */
export function endReason(exitCode: number | null, stderr: string): EndReason {
  if (exitCode === null) return "spawn_failed";
  const signalled = SIGNAL_REASONS.get(exitCode);
  if (signalled !== undefined) return signalled;
  if (exitCode === 0) return "exit";
  const lastLine = stderr.trimEnd().split("\n").at(-1) ?? "";
  if (/^MemoryError\b/.test(lastLine) || /^FATAL ERROR: .*heap out of memory$/m.test(stderr)) return "memory";
  const uncaught = lastLine.startsWith("Node.js v") ? stderr : lastLine;
  if (/^(OSError: \[Errno 27\]|Error: EFBIG\b)/m.test(uncaught)) return "file_size";
  return "exit";
}
