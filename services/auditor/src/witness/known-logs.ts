import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ED25519, NoteError, parseVerifier, type Verifier } from "@aura/shared/ledger/notes";

const FILES_MAX = 1000;
const BYTES_MAX = 2000;

/**
 * The keys in a folder, read anew each time: a log may have got another key, and the folder itself may come later. One counts for
 * the log that is its name, and for no other. What is no key is left out.
 */
export function knownKeys(folder: string): Verifier[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((name) => name.endsWith(".vkey"));
  return files.slice(0, FILES_MAX).flatMap((file) => keyIn(join(folder, file)));
}

function keyIn(file: string): Verifier[] {
  const facts = statSync(file, { throwIfNoEntry: false });
  if (facts === undefined || !facts.isFile() || facts.size > BYTES_MAX) return [];
  try {
    const verifier = parseVerifier(readFileSync(file, "utf8").trim());
    return verifier.kind === ED25519 ? [verifier] : [];
  } catch (error) {
    if (error instanceof NoteError) return [];
    throw error;
  }
}
