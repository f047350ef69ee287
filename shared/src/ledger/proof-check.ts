import { describeAnswer } from "./verifier/describe.ts";
import { Tampered } from "./verifier/findings.ts";
import { Log } from "./verifier/log.ts";
import { type Answer, answer, check, type SignedSummary, type VerifyOptions } from "./verifier/verify.ts";

/** What a log answers when it is asked for the proof of one event. */
export interface EventProof {
  readonly event_id: string;
  readonly seq: number;
  readonly envelope: string;
  readonly proof: readonly string[];
  /** A signed note. */
  readonly checkpoint: string;
}

export type ProofSummary = Pick<EventProof, "event_id" | "seq"> & SignedSummary;

/** Checks that an event is in the log that was signed: leaf and root are computed here, whatever the log says. Never throws. */
export function verifyProof(said: EventProof, options: VerifyOptions): Promise<Answer<ProofSummary>> {
  const { event_id, seq, envelope, proof, checkpoint } = said;
  return answer(options, async (trust) => {
    const log = new Log("proof");
    const { id } = log.take(seq, Buffer.from(envelope));
    if (id !== event_id) throw new Tampered(seq, `it is not the event ${event_id}`);
    log.proofs.push(proof);
    log.notes.push(checkpoint);
    return { event_id, seq, ...check(log, trust) };
  });
}

export function describeProof(checked: Answer<ProofSummary>): string {
  return describeAnswer(checked, ({ event_id, seq, origin }) => [
    `Proved: event ${event_id} is number ${seq} of ${origin}.`,
  ]);
}
