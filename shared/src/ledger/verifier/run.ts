import { decodeBase64 } from "../notes.ts";
import { verifyInclusion } from "../proofs.ts";
import type { Export } from "./export.ts";
import { CannotTell, type Summary, settle, Tampered } from "./findings.ts";
import { hasKeys } from "./lines.ts";
import { checkWitness, compareKept, openCheckpoint, type Signed, type Trust } from "./seals.ts";

/** What the events of one run show: that each is in the log that was signed, and that up to the run's seal none is left out. */
export function checkRun(read: Export, trust: Trust): Summary {
  const { head, notes, seqs, events } = read;
  const newest = openCheckpoint(notes[0], trust);
  settle([
    () => {
      const whole = hasKeys(head, "kind,format,origin,size,run_id") && notes.length === 1;
      if (!whole || head.size !== newest.size || head.origin !== newest.origin)
        throw new Tampered(null, "its first line is not about this run");
    },
    ...seqs.map((seq, index) => () => checkProof(read, newest, seq, index)),
    ...events.checks(false),
    () => compareKept(trust, newest),
    () => {
      if (events.runs.count === 0) throw new CannotTell("the run has no seal yet, so what is missing would not show");
      checkWitness(newest, trust);
    },
  ]);
  const { through } = events.runs;
  const beyond = seqs.filter((seq) => seq > through).length - 1;
  return read.summary("run", newest, trust.kept.length, [
    "whether the log is whole outside of this run",
    `whether the run had other events after number ${through} than its seal and ${beyond} more`,
  ]);
}

function checkProof({ proofs, events }: Export, { size, root }: Signed, seq: number, index: number): void {
  const steps = proofs[index];
  const proof = Array.isArray(steps) ? steps.map((step) => (typeof step === "string" ? decodeBase64(step) : null)) : [];
  const hashes = proof.flatMap((step) => step ?? []);
  if (hashes.length !== proof.length || !verifyInclusion(seq, size, events.leaves.at(index), hashes, root))
    throw new Tampered(seq, "it is not in the log that was signed");
}
