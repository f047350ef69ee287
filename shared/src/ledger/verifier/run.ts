import { decodeBase64 } from "../notes.ts";
import { verifyInclusion } from "../proofs.ts";
import type { Export } from "./export.ts";
import { CannotTell, type Summary, settle, Tampered } from "./findings.ts";
import { hasKeys } from "./lines.ts";
import { checkWitness, compareKept, openCheckpoint, type Signed, type Trust } from "./seals.ts";

/**
 * What the events of one run show: that each is in the log that was signed, that up to the run's seal none is left out, and that
 * what is signed about its delivery is what they tell of.
 *
 * @param pack folder of the evidence pack; null where there are only the events
 */
export function checkRun(read: Export, trust: Trust, pack: string | null): Summary {
  const { head, notes, seqs, events, attested } = read;
  const newest = openCheckpoint(notes[0], trust);
  settle([
    () => {
      const whole = hasKeys(head, "kind,format,origin,size,run_id") && notes.length === 1;
      if (!whole || head.size !== newest.size || head.origin !== newest.origin)
        throw new Tampered(null, "its first line is not about this run");
    },
    ...seqs.map((seq, index) => () => checkProof(read, newest, seq, index)),
    ...events.checks(false),
    ...(pack === null ? [] : attested.checks(pack, newest.log)),
    () => compareKept(trust, newest),
    () => {
      if (events.runs.count === 0) throw new CannotTell("the run has no seal yet, so what is missing would not show");
      checkWitness(newest, trust);
    },
  ]);
  const { through } = events.runs;
  const beyond = seqs.filter((seq) => seq > through).length - 1;
  const signed = pack === null ? null : attested.summary();
  const summary = read.summary("run", newest, trust.kept.length, [
    ...(signed === null ? ["an attestation of a delivery: there is none here"] : []),
    "whether the log is whole outside of this run",
    `whether the run had other events after number ${through} than its seal and ${beyond} more`,
  ]);
  return signed === null ? summary : { ...summary, attested: signed };
}

function checkProof({ proofs, events }: Export, { size, root }: Signed, seq: number, index: number): void {
  const steps = proofs[index];
  const proof = Array.isArray(steps) ? steps.map((step) => (typeof step === "string" ? decodeBase64(step) : null)) : [];
  const hashes = proof.flatMap((step) => step ?? []);
  if (hashes.length !== proof.length || !verifyInclusion(seq, size, events.leaves.at(index), hashes, root))
    throw new Tampered(seq, "it is not in the log that was signed");
}
