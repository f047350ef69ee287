import { randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describeProcess, isAlive } from "./processes.ts";

/** The repository's root folder. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");

/** The folder of everything that one system keeps on this machine: data, secrets, logs, deliveries. */
export function auraHome(env: NodeJS.ProcessEnv = process.env): string {
  return resolve(ROOT, env.AURA_HOME === undefined || env.AURA_HOME === "" ? ".aura" : env.AURA_HOME);
}

/** Makes the folder. Others may pass through it, because Postgres may run as another user; its secrets are 0600. */
export function openHome(home: string): void {
  mkdirSync(join(home, "logs"), { recursive: true, mode: 0o755 });
}

/** Replaces a file in one step, readable by its owner only. */
export function writePrivateFile(path: string, text: string): void {
  const draft = `${path}.${process.pid}.new`;
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, path);
}

/**
 * The secrets that this home's system made for itself, made on the first call and kept.
 *
 * @param names what must be there; each missing one becomes 32 random bytes in hex
 */
export function homeSecrets<Name extends string>(home: string, names: readonly Name[]): Record<Name, string> {
  const path = join(home, "secrets.json");
  const kept = readJsonFile<Record<string, string>>(path) ?? {};
  const missing = names.filter((name) => kept[name] === undefined);
  for (const name of missing) kept[name] = randomBytes(32).toString("hex");
  if (missing.length > 0) writePrivateFile(path, `${JSON.stringify(kept, null, 2)}\n`);
  return kept as Record<Name, string>;
}

/** The file's JSON, null where there is none. */
export function readJsonFile<T>(path: string): T | null {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new Error(`${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * Takes the home for this process, so that two systems never share one. A lock whose process has ended is taken over.
 *
 * @returns gives the home back
 * @throws when a living process has it
 */
export function lockHome(home: string): () => void {
  const lock = join(home, "lock");
  const mine = join(home, `lock.${process.pid}`);
  writeFileSync(mine, `${process.pid} ${describeProcess(process.pid)}`);
  try {
    for (;;) {
      if (tryLink(mine, lock)) return () => rmSync(lock, { force: true });
      const [holder = "", description = ""] = splitOnce(readIfThere(lock), " ");
      if (description !== "" && isAlive(Number(holder), description))
        throw new Error(
          `A system runs in ${home} already (pid ${holder}). Stop it, or set AURA_HOME and MANAGER_PORT for another.`,
        );
      rmSync(lock, { force: true });
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
