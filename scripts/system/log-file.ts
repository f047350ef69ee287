import { existsSync, openSync, readFileSync, renameSync, statSync } from "node:fs";

const LARGEST_BYTES = 20 * 1024 * 1024;

/** Opens a log for appending; one that has grown large is put aside as `.1` first. Returns a file descriptor. */
export function openLog(file: string): number {
  if (existsSync(file) && statSync(file).size > LARGEST_BYTES) renameSync(file, `${file}.1`);
  return openSync(file, "a");
}

/** The end of a text file, empty when there is none. */
export function lastLines(file: string, count: number): string {
  return existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n").slice(-count).join("\n") : "";
}
