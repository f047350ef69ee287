import { mkdirSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { Signer } from "@aura/shared/ledger/notes";
import { readTextIfThere, writeDurably } from "./durable-file.ts";

const KEY = /\.vkey$/;

/**
 * Puts the public halves of the keys that sign into a folder, `<key id>.vkey` each: for the witness, and for people who check
 * the log. Those that sign no more become `<key id>.retired`: what they signed is still to be checked, and a witness that is shown
 * something new by them does not believe it.
 *
 * @param folder null: nowhere
 */
export function publishTo(folder: string | null): (keys: readonly Signer[]) => void {
  if (folder !== null) mkdirSync(folder, { recursive: true, mode: 0o755 });
  return (keys) => {
    if (folder === null) return;
    const texts = new Map(keys.map(({ verifier }) => [`${verifier.keyId}.vkey`, `${verifier.text}\n`]));
    for (const [file, text] of texts)
      if (readTextIfThere(join(folder, file)) !== text) writeDurably(join(folder, file), text, 0o644);
    for (const file of readdirSync(folder).filter((name) => KEY.test(name) && !texts.has(name)))
      if (isOf(keys, readTextIfThere(join(folder, file))))
        renameSync(join(folder, file), join(folder, file.replace(KEY, ".retired")));
  };
}

/** Whether a key is of the same log: other ones may be published in the same folder. */
function isOf(keys: readonly Signer[], text: string | null): boolean {
  return keys.some(({ verifier }) => text?.startsWith(`${verifier.name}+`));
}
