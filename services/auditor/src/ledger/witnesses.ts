import { COSIGNATURE, parseVerifier } from "@aura/shared/ledger/notes";
import type { KeyFolder } from "./key-folder.ts";
import { fetchWitnessKey, type Witness } from "./witness-client.ts";

/** The key of the own witness, as it was at first contact. */
const PINNED_FILE = "witness.vkey";
/** As in audit_cosignatures. */
const NAME_MAX = 200;

/**
 * Reads `url key` pairs, one a line or separated by semicolons.
 *
 * @throws {NoteError} for a key that is none; {@link TypeError} for an address that is none
 */
export function parseWitnesses(text: string): Witness[] {
  const lines = text.split(/[;\n]/).map((line) => line.trim());
  return lines
    .filter((line) => line !== "")
    .map((line) => {
      const [url = "", key = ""] = line.split(/\s+/);
      const verifier = parseVerifier(key);
      if (!/^https?:$/.test(new URL(url).protocol) || verifier.kind !== COSIGNATURE)
        throw new TypeError("a witness is an http(s) address and a key of type 4");
      if (verifier.name.length > NAME_MAX) throw new TypeError(`the name of a witness has at most ${NAME_MAX} letters`);
      return { url, verifier };
    });
}

/**
 * The witnesses that checkpoints are shown to. The own one is known by the key that it showed first: that is kept beside the
 * Auditor's keys, and another one later is not believed.
 */
export function witnessesOf(
  own: string | null,
  others: readonly Witness[],
  folder: KeyFolder,
): () => Promise<readonly Witness[]> {
  return async () => {
    if (own === null) return others;
    const pinned = folder.read(PINNED_FILE);
    if (pinned !== null) return [{ url: own, verifier: parseVerifier(pinned.trim()) }, ...others];
    const verifier = await fetchWitnessKey(own).catch(() => null);
    if (verifier === null) return others;
    folder.write(PINNED_FILE, `${verifier.text}\n`);
    return [{ url: own, verifier }, ...others];
  };
}
