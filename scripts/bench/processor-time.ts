import { readdirSync, readFileSync } from "node:fs";

const TICKS_A_SECOND = 100; // USER_HZ, the unit of /proc on every Linux

/** Fields of proc(5) from the third one on: the second, the name, may hold spaces. */
function statOf(pid: string): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return null; // it ended meanwhile: its parent has its time
  }
}

/**
 * Seconds of processor time that a process and its children, ended ones included, have used. Who else is at work on the
 * machine hardly changes it, unlike the time on the wall. NaN where there is no /proc.
 */
export function processorSeconds(pid: number): number {
  const sum = (fields: readonly string[], from: number, to: number) =>
    fields.slice(from, to).reduce((total, field) => total + Number(field), 0);
  const own = statOf(String(pid));
  if (own === null) return Number.NaN;
  const children = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(statOf)
    .filter((fields) => fields?.[1] === String(pid));
  const ticks = sum(own, 11, 15) + children.reduce((total, fields) => total + sum(fields ?? [], 11, 13), 0);
  return ticks / TICKS_A_SECOND;
}

/** The same for this process alone. */
export function ownProcessorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
