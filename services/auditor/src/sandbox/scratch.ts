import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Tree } from "@aura/shared/models/tree";
import { AuraError } from "@aura/shared/problems";
import { TreePath } from "@aura/shared/schemas/prd";

const TREE_BYTES_MAX = 64 * 1024 * 1024;
const TREE_FILES_MAX = 5_000;

const PREFIX = "aura-sandbox-";

/**
 * A fresh folder that others may pass through but not list. Folders that processes left when they were killed are
 * removed.
 *
 * @param base existing folder; the name stays short because socket paths end at 107 bytes
 */
export function makeScratch(base: string): string {
  for (const name of readdirSync(base)) if (isLeftOver(name)) removeFolder(join(base, name));
  const scratch = mkdtempSync(join(base, `${PREFIX}${process.pid}-`));
  chmodSync(scratch, 0o711);
  return scratch;
}

function isLeftOver(name: string): boolean {
  const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
  return owner !== undefined && !existsSync(`/proc/${owner}`);
}

/** A fresh folder inside `scratch`; belongs to `owner` when given, else to this process. */
export function makeFolder(scratch: string, prefix: string, owner: number | null): string {
  const folder = mkdtempSync(join(scratch, prefix));
  chmodSync(folder, 0o755);
  if (owner !== null) chownSync(folder, owner, owner);
  return folder;
}

/**
 * Writes a tree into an empty folder that no other process can write to. Regular files only, readable by all.
 *
 * @throws {AuraError} `validation_failed` for a path that leads out, or a tree above the bounds
 */
export function unpackTree(folder: string, tree: Tree): void {
  checkTree(tree);
  const made = new Set<string>();
  for (const [path, body] of tree) {
    const target = join(folder, path);
    makeParents(folder, path, made);
    writeFileSync(target, body, { mode: 0o644, flag: "wx" });
  }
}

/** @throws {AuraError} `validation_failed` */
export function checkTree(tree: Tree): void {
  let bytes = 0;
  for (const [path, body] of tree) {
    if (!TreePath.safeParse(path).success) refuse(`${JSON.stringify(path)} is not a relative path`);
    bytes += body.byteLength;
  }
  if (tree.size > TREE_FILES_MAX) refuse(`the tree has more than ${TREE_FILES_MAX} files`);
  if (bytes > TREE_BYTES_MAX) refuse(`the tree has more than ${TREE_BYTES_MAX} bytes`);
}

function makeParents(folder: string, path: string, made: Set<string>): void {
  const parent = dirname(path);
  if (parent === "." || made.has(parent)) return;
  makeParents(folder, parent, made);
  mkdirSync(join(folder, parent), { mode: 0o755 });
  made.add(parent);
}

function refuse(detail: string): never {
  throw new AuraError("validation_failed", detail);
}

/**
 * Removes what is in a folder, whatever it is called: names need not be text.
 *
 * @returns false when something is still there
 */
export function emptyFolder(folder: string): boolean {
  for (const name of readdirSync(folder)) removeFolder(join(folder, name));
  if (readdirSync(folder).length === 0) return true;
  spawnSync("/bin/chmod", ["-R", "u+rwX", "--", folder], { stdio: "ignore" });
  spawnSync("/usr/bin/find", [folder, "-mindepth", "1", "-delete"], { stdio: "ignore" });
  return readdirSync(folder).length === 0;
}

/** Removes a folder whatever is in it: paths longer than the kernel takes, folders without permissions. */
export function removeFolder(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    spawnSync("/bin/chmod", ["-R", "u+rwX", "--", folder], { stdio: "ignore" });
    spawnSync("/bin/rm", ["-rf", "--", folder], { stdio: "ignore" });
  }
}
