import { type Signer, signerOf } from "@aura/shared/ledger/notes";
import type { Queryable } from "@aura/shared/postgres/client";
import {
  type AuditKey,
  type LogState,
  readAuditKeys,
  registerAuditKeys,
  retireAuditKeys,
} from "../db/sealing-statements.ts";
import type { KeyFolder } from "./key-folder.ts";
import { SealRefused } from "./seal-refused.ts";

/** Written by a person who says that the key is lost; holds the reason. */
export const HAND_OVER_FILE = "hand-over.reason";

/**
 * The keys that sign this generation of the log, and the database told of them. The first start makes one; a key that
 * the log does not know joins those that sign (a rotation); one that a person retired leaves them.
 *
 * @param publish gets the keys that sign
 * @throws {SealRefused} `key_missing` when the log has keys and none of them is here, unless a person handed over
 */
export async function openSigningKeys(
  db: Queryable,
  holder: string,
  { origin, generation }: LogState,
  folder: KeyFolder,
  publish: (keys: readonly Signer[]) => void,
): Promise<Signer[]> {
  const known = await readAuditKeys(db);
  const lost = lostKeys(known, folder, origin);
  const handOver = folder.read(HAND_OVER_FILE)?.trim() ?? null;
  if (lost && handOver === null)
    throw new SealRefused("key_missing", "none of the keys that sign this log is in the Auditor's folder");
  if (folder.keys().length === 0) folder.createKey();

  const signers = folder.keys().map(({ seed }) => signerOf(origin, seed));
  const fresh = signers.filter(({ verifier }) => !known.some(({ id }) => id === verifier.keyId));
  const reason = reasonOf(known, generation, lost ? handOver : null);
  publish(signers);
  if (fresh.length > 0) await registerAuditKeys(db, holder, textsOf(fresh), reason);
  await retireOld(db, holder, known, signers, folder, { origin, lost, handOver });
  return signers;
}

/** Whether the log has keys that sign, of whatever generation, and this folder has none of them. */
function lostKeys(known: readonly AuditKey[], folder: KeyFolder, origin: string): boolean {
  const points = new Set(folder.keys().map(({ seed }) => pointOf(signerOf(origin, seed).verifier.text)));
  const active = known.filter(({ retired }) => !retired);
  return active.length > 0 && !active.some(({ verifier_key }) => points.has(pointOf(verifier_key)));
}

function reasonOf(known: readonly AuditKey[], generation: number, handOver: string | null): string {
  if (handOver !== null) return `hand-over, the key was lost: ${handOver}`;
  if (known.length === 0) return "first key of the log";
  return known.some((key) => key.generation === generation) ? "rotation" : `generation ${generation} of the log`;
}

async function retireOld(
  db: Queryable,
  holder: string,
  known: readonly AuditKey[],
  signers: readonly Signer[],
  folder: KeyFolder,
  { origin, lost, handOver }: { origin: string; lost: boolean; handOver: string | null },
): Promise<void> {
  const active = known.filter(({ retired, id }) => !retired && !signers.some(({ verifier }) => verifier.keyId === id));
  for (const { seed, reason } of folder.retired()) {
    const { keyId } = signerOf(origin, seed).verifier;
    if (active.some(({ id }) => id === keyId)) await retireAuditKeys(db, holder, [keyId], reason);
  }
  if (lost && handOver !== null) {
    const gone = active.map(({ id }) => id);
    await retireAuditKeys(db, holder, gone, `lost: ${handOver}`);
  }
}

function textsOf(signers: readonly Signer[]): string[] {
  return signers.map(({ verifier }) => verifier.text);
}

/** The public key itself: it stays the same from one generation of the log to the next. */
function pointOf(verifierKey: string): string {
  return verifierKey.split("+").slice(2).join("+");
}
