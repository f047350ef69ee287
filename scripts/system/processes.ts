import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * What tells one process from every other that ever had its number: its command line and when it started.
 *
 * @returns null when there is no such process, or it has ended and only its entry is left
 */
export function describeProcess(pid: number): string | null {
  try {
    return process.platform === "linux" ? fromProc(pid) : fromPs(pid);
  } catch {
    return null;
  }
}

function fromProc(pid: number): string | null {
  const commandLine = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const startTicks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]; // field 22 of proc(5)
  return commandLine === "" ? null : `${commandLine}#${startTicks}`;
}

function fromPs(pid: number): string | null {
  return execFileSync("ps", ["-o", "command=,lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || null;
}

/** Whether `pid` lives and its description holds `mark`: numbers are used again by other processes. */
export function isAlive(pid: number, mark: string): boolean {
  return describeProcess(pid)?.includes(mark) ?? false;
}

/**
 * Ends a process by one signal after the other, and waits until it is gone.
 *
 * @param mark part of its description; another process of that number is left alone
 * @param signals tried in order, each with `patienceMs` to take effect
 * @returns whether it is gone
 */
export async function endProcess(
  pid: number,
  mark: string,
  signals: readonly NodeJS.Signals[],
  patienceMs: number,
): Promise<boolean> {
  for (const signal of signals) {
    if (!isAlive(pid, mark)) return true;
    try {
      process.kill(pid, signal);
    } catch {
      // it ended in between
    }
    if (await isGone(pid, mark, patienceMs)) return true;
  }
  return !isAlive(pid, mark);
}

async function isGone(pid: number, mark: string, patienceMs: number): Promise<boolean> {
  const end = Date.now() + patienceMs;
  while (Date.now() < end) {
    if (!isAlive(pid, mark)) return true;
    await sleep(25);
  }
  return false;
}
