import { parseEnvelopeText } from "../envelopes.ts";
import { leafHash } from "../merkle.ts";
import { decodeBase64 } from "../notes.ts";
import { verifyInclusion } from "../proofs.ts";
import { Tampered } from "./findings.ts";
import { checkWitness, compareKept, openCheckpoint, type Trust } from "./seals.ts";

/** What a log answers when it is asked for the proof of one event. */
export interface EventProof {
  readonly event_id: string;
  readonly seq: number;
  readonly envelope: string;
  readonly proof: readonly string[];
  /** A signed note. */
  readonly checkpoint: string;
}

export interface ProofSummary {
  readonly event_id: string;
  readonly seq: number;
  readonly origin: string;
  /** Of the checkpoint that it lies under. */
  readonly size: number;
  readonly root: string;
  readonly signed_by: readonly string[];
  readonly witnessed_by: readonly string[];
}

/**
 * Checks that an event is in the log that was signed. Leaf and root are computed and read here, whatever the log says they are.
 *
 * @throws {Tampered} unless it does @throws {CannotTell} unless a given key signed it
 */
export function checkProof({ event_id, seq, envelope, proof, checkpoint }: EventProof, trust: Trust): ProofSummary {
  const signed = openCheckpoint(checkpoint, trust);
  const steps = proof.flatMap((step) => decodeBase64(step) ?? []);
  if (parseEnvelopeText(envelope)?.id !== event_id) throw new Tampered(seq, `it is not the event ${event_id}`);
  const leaf = leafHash(Buffer.from(envelope));
  if (steps.length !== proof.length || !verifyInclusion(seq, signed.size, leaf, steps, signed.root))
    throw new Tampered(seq, "it is not in the log that was signed");
  compareKept(trust, signed);
  checkWitness(signed, trust);
  const { origin, size, root, signedBy: signed_by, witnessedBy: witnessed_by } = signed;
  return { event_id, seq, origin, size, root: root.toString("hex"), signed_by, witnessed_by };
}
