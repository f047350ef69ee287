import { randomUUID } from "node:crypto";
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";

const FOR_OWNER = 0o600;

/** The file's text; null where there is none. */
export function readTextIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Replaces a file in one step; once this returns it is there after a power cut too. */
export function writeDurably(path: string, text: string | Uint8Array, mode = FOR_OWNER): void {
  withDraft(path, text, mode, (draft) => renameSync(draft, path));
}

/**
 * The same for a file that nobody has made yet: of several processes one succeeds.
 *
 * @returns false where there is one already; it stays as it is
 */
export function createDurably(path: string, text: string): boolean {
  try {
    withDraft(path, text, FOR_OWNER, (draft) => linkSync(draft, path));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Makes a folder for its owner alone, and makes it last. */
export function makeFolderDurably(folder: string): void {
  if (mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined) syncFolder(dirname(folder));
}

/** Makes what was renamed or removed in a folder last. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Nobody else's draft has this name: several processes may share the folder. */
function withDraft(path: string, text: string | Uint8Array, mode: number, place: (draft: string) => void): void {
  const draft = `${path}.${randomUUID()}.new`;
  try {
    const descriptor = openSync(draft, "wx", mode);
    try {
      fchmodSync(descriptor, mode); // whatever the umask is: who shall read it can
      writeFileSync(descriptor, text); // all of it: a plain write may stop in the middle, as on a full disk
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    place(draft);
  } finally {
    rmSync(draft, { force: true });
  }
  syncFolder(dirname(path));
}
