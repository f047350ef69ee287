import { readdirSync, readFileSync } from "node:fs";

/** Command lines of the processes that a process started, and of those that they started. */
export function commandsUnder(pid: number): string[] {
  const parents = new Map(processes().map((child) => [child, parentOf(child)]));
  const isBelow = (child: number | undefined): boolean =>
    child !== undefined && child !== 0 && (parents.get(child) === pid || isBelow(parents.get(child)));
  return [...parents.keys()].filter(isBelow).map(commandOf);
}

/** Command lines of all processes of this machine. */
export function commands(): string[] {
  return processes().map(commandOf);
}

function processes(): number[] {
  return readdirSync("/proc").map(Number).filter(Number.isInteger);
}

function parentOf(pid: number): number {
  const stat = read(pid, "stat");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] ?? 0); // field 4 of proc(5)
}

function commandOf(pid: number): string {
  return read(pid, "cmdline").replaceAll("\0", " ");
}

/** Empty where the process has ended meanwhile. */
function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
