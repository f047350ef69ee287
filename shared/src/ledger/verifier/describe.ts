import type { Answer, SignedSummary, Summary } from "./verify.ts";

/** What was found, for people. */
export function describe(verification: Answer<Summary>): string {
  return describeAnswer(verification, ({ payloads, attested, not_checked, ...seen }) => [
    `Sound: ${seen.events} events of ${seen.origin}.`,
    `${seen.checkpoints} checkpoints and ${seen.kept_checkpoints} kept elsewhere agree; ${seen.runs_sealed} seals of runs hold.`,
    `Payloads: ${payloads.kept} as written, ${payloads.erased} erased on record, ${payloads.archived} archived.`,
    attested === null
      ? ""
      : `Attested: the tree ${attested.tree_sha256}, delivered as ${attested.stop_reason}, by the key ${attested.key_id}.`,
    ...not_checked.map((what) => `Not checked: ${what}.`),
  ]);
}

/** @param tell what is said of something sound, beside its newest checkpoint */
export function describeAnswer<T extends SignedSummary>(answer: Answer<T>, tell: (summary: T) => string[]): string {
  if (answer.outcome === "cannot_tell")
    return `Cannot tell: ${answer.reason}.\nNothing was proved, neither that the log is sound nor that it is not.`;
  if (answer.outcome === "tampered") {
    const { seq, reason } = answer;
    const [where, scope] = seq === null ? ["", "It"] : [` Event ${seq}:`, `The log from event ${seq} on`];
    return `TAMPERED.${where} ${reason}.\n${scope} is not what was signed: compare with checkpoints and exports kept elsewhere.`;
  }
  const { size, root, signed_by, witnessed_by } = answer.summary;
  const [first, ...more] = tell(answer.summary);
  const signers = `Signed by ${signed_by.join(", ")}; cosigned by ${witnessed_by.join(", ") || "no witness that was given"}.`;
  return [first, `Newest checkpoint: ${size} events, root ${root}.`, signers, ...more].filter(Boolean).join("\n");
}
