import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  type Stats,
  unlinkSync,
  writeSync,
} from "node:fs";

/**
 * Files in a folder that a hostile process may be changing at the same time. Every step goes through the descriptor
 * of the folder before it (/proc/self/fd/N/name, which is openat) and follows no link, so no name, however it is
 * swapped, leads out of the folder. Pipes, sockets and devices are never opened for reading.
 */

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NONBLOCK } = constants;
const FOLDER = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
const beneath = (folder: number, name: string) => `/proc/self/fd/${folder}/${name}`;
/** The same for a name as the kernel has it, which need not be text. */
const beneathBytes = (folder: number, name: Buffer) => Buffer.concat([Buffer.from(beneath(folder, "")), name]);

export interface FolderUse {
  readonly bytes: number;
  readonly entries: number;
  /** Size of the largest file. */
  readonly largest: number;
}

/**
 * Reads a regular file.
 *
 * @param path relative, checked by TreePath
 * @returns null when there is no such regular file, or it is larger than `bytesMax`
 */
export function readHostile(root: string, path: string, bytesMax: number): Buffer | null {
  return inFolder(root, parentParts(path), null, (folder) => {
    const file = tryOpen(beneath(folder, lastPart(path)), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    return file === null ? null : closing(file, () => readRegular(file, bytesMax));
  });
}

/**
 * Writes a regular file in place of whatever is there, making folders as needed.
 *
 * @param own called with the descriptor of everything that was made, to hand it to the sandboxed user
 * @throws {Error} when a link or a file stands where a folder is needed
 */
export function writeHostile(root: string, path: string, body: Buffer, own: (descriptor: number) => void): void {
  const done = inFolder(root, parentParts(path), own, (folder) => {
    const target = beneath(folder, lastPart(path));
    removeFile(target);
    const file = openSync(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644);
    closing(file, () => {
      for (let offset = 0; offset < body.length; ) offset += writeSync(file, body, offset);
      own(file);
    });
    return true;
  });
  if (done === null) throw new Error(`${path} does not lead to a folder`);
}

/**
 * Paths of all regular files, sorted; at most `entriesMax` entries are looked at. A name that is not UTF-8 is listed with
 * replacement characters, and then cannot be read.
 */
export function listHostile(root: string, entriesMax: number): string[] {
  const paths: string[] = [];
  walk(root, entriesMax, (path) => paths.push(path));
  return paths.sort();
}

/** What the folder holds; counting stops at `entriesMax`. */
export function measureHostile(root: string, entriesMax: number): FolderUse {
  const use = { bytes: 0, entries: 0, largest: 0 };
  use.entries = walk(root, entriesMax, (_path, file) => {
    use.bytes += file.blocks * 512;
    use.largest = Math.max(use.largest, file.size);
  });
  return use;
}

/** Calls `visit` for each regular file; returns the number of entries seen. */
function walk(root: string, entriesMax: number, visit: (path: string, file: Stats) => void): number {
  let seen = 0;
  const descend = (folder: number, prefix: string) => {
    for (const name of readNames(folder)) {
      if (seen >= entriesMax) return;
      seen += 1;
      const path = beneathBytes(folder, name);
      const entry = lstatSync(path, { throwIfNoEntry: false });
      if (entry?.isFile()) visit(`${prefix}${name}`, entry);
      if (!entry?.isDirectory()) continue;
      const next = tryOpen(path, FOLDER);
      if (next !== null) closing(next, () => descend(next, `${prefix}${name}/`));
    }
  };
  const top = tryOpen(root, FOLDER);
  if (top !== null) closing(top, () => descend(top, ""));
  return seen;
}

function readNames(folder: number): Buffer[] {
  try {
    return readdirSync(`/proc/self/fd/${folder}`, { encoding: "buffer" }).sort(Buffer.compare);
  } catch {
    return [];
  }
}

/** Opens `parts` one below the other and calls `work` with the last; `make` creates what is missing. */
function inFolder<T>(
  root: string,
  parts: readonly string[],
  make: ((descriptor: number) => void) | null,
  work: (folder: number) => T | null,
): T | null {
  let folder = openSync(root, O_RDONLY | O_DIRECTORY);
  try {
    for (const part of parts) {
      const made = make !== null && tryMake(beneath(folder, part));
      const next = tryOpen(beneath(folder, part), FOLDER);
      if (next === null) return null;
      if (made) make?.(next);
      closeSync(folder);
      folder = next;
    }
    return work(folder);
  } finally {
    closeSync(folder);
  }
}

function readRegular(file: number, bytesMax: number): Buffer | null {
  const found = fstatSync(file);
  if (!found.isFile() || found.size > bytesMax) return null;
  const body = Buffer.alloc(found.size);
  let length = 0;
  while (length < body.length) {
    const count = readSync(file, body, length, body.length - length, length);
    if (count === 0) break;
    length += count;
  }
  return body.subarray(0, length);
}

function tryMake(path: string): boolean {
  try {
    mkdirSync(path, 0o755);
    return true;
  } catch {
    return false;
  }
}

function tryOpen(path: string | Buffer, flags: number): number | null {
  try {
    return openSync(path, flags);
  } catch {
    return null;
  }
}

function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

function closing<T>(descriptor: number, work: () => T): T {
  try {
    return work();
  } finally {
    closeSync(descriptor);
  }
}

const parentParts = (path: string) => path.split("/").slice(0, -1);
const lastPart = (path: string) => path.slice(path.lastIndexOf("/") + 1);
