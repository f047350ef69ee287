import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Signer } from "@aura/shared/ledger/notes";

/**
 * Puts the public halves of the Auditor's keys into a folder, `<key id>.vkey` each: for the witness, and for people who check
 * the log. Old ones stay: what they signed is still to be checked.
 *
 * @param folder null: nowhere
 */
export function publishTo(folder: string | null): (keys: readonly Signer[]) => void {
  if (folder !== null) mkdirSync(folder, { recursive: true, mode: 0o755 });
  return (keys) => {
    if (folder === null) return;
    for (const { verifier } of keys) {
      const file = join(folder, `${verifier.keyId}.vkey`);
      if (existsSync(file)) continue;
      writeFileSync(`${file}.new`, `${verifier.text}\n`, { mode: 0o644 });
      renameSync(`${file}.new`, file);
    }
  };
}
