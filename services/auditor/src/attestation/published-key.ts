import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { publicKeyPem, type Signer } from "@aura/shared/ledger/notes";
import { readTextIfThere, writeDurably } from "../ledger/durable-file.ts";

/**
 * Puts the public half of the key that signs attestations into the folder of public keys, as `attestation-<key id>.pem`, which other
 * tools read. It is no key of the log, and no witness takes it for one.
 *
 * @param folder null: nowhere
 */
export function publishAttesterTo(folder: string | null): (key: Signer) => void {
  if (folder !== null) mkdirSync(folder, { recursive: true, mode: 0o755 });
  return ({ verifier }) => {
    if (folder === null) return;
    const file = join(folder, `attestation-${verifier.keyId}.pem`);
    const text = publicKeyPem(verifier);
    if (readTextIfThere(file) !== text) writeDurably(file, text, 0o644);
  };
}
