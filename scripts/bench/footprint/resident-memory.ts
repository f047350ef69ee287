import { readFileSync } from "node:fs";

const KIB_A_MIB = 1024;

/**
 * Proportional set size of a process in MiB: what it shares with others, as the three services share the Node binary, is
 * divided among them. Linux only.
 */
export function proportionalMebibytes(pid: number): number {
  const kib = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1];
  if (kib === undefined) throw new Error(`the kernel does not say what process ${pid} holds`);
  return Number(kib) / KIB_A_MIB;
}

/** Resident set size in MiB: everything counts in full, also what it shares. */
export function residentMebibytes(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  if (kib === undefined) throw new Error(`the kernel does not say what process ${pid} holds`);
  return Number(kib) / KIB_A_MIB;
}
