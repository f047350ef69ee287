import type { ProofSummary } from "./proof.ts";
import type { Answer, Verification } from "./verify.ts";

/** What was found, for people. */
export function describe(verification: Verification): string {
  if (verification.outcome !== "sound") return describeFailure(verification);
  const { summary } = verification;
  const { payloads, attested } = summary;
  return [
    `Sound: ${summary.events} events of ${summary.origin}.`,
    `Newest checkpoint: ${summary.size} events, root ${summary.root}.`,
    `Signed by ${summary.signed_by.join(", ")}; cosigned by ${summary.witnessed_by.join(", ") || "no witness that was given"}.`,
    `${summary.checkpoints} checkpoints and ${summary.kept_checkpoints} kept elsewhere agree; ${summary.runs_sealed} seals of runs hold.`,
    `Payloads: ${payloads.kept} as written, ${payloads.erased} erased on record, ${payloads.archived} archived.`,
    ...(attested === undefined
      ? []
      : [`Attested: the delivered tree ${attested.tree_sha256}, by the key ${attested.key_id} that the log names.`]),
    ...summary.not_checked.map((what) => `Not checked: ${what}.`),
  ].join("\n");
}

export function describeProof(answer: Answer<ProofSummary>): string {
  if (answer.outcome !== "sound") return describeFailure(answer);
  const { event_id, seq, origin, size, root, signed_by, witnessed_by } = answer.summary;
  return [
    `Proved: event ${event_id} is number ${seq} of ${origin}, under the checkpoint of ${size} events, root ${root}.`,
    `Signed by ${signed_by.join(", ")}; cosigned by ${witnessed_by.join(", ") || "no witness that was given"}.`,
  ].join("\n");
}

function describeFailure(answer: Exclude<Answer<unknown>, { outcome: "sound" }>): string {
  if (answer.outcome === "cannot_tell")
    return `Cannot tell: ${answer.reason}.\nNothing was proved, neither that the log is sound nor that it is not.`;
  const { seq, reason } = answer;
  const [where, scope] = seq === null ? ["", "It"] : [` Event ${seq}:`, `The log from event ${seq} on`];
  return `TAMPERED.${where} ${reason}.\n${scope} is not what was signed: compare with checkpoints and exports kept elsewhere.`;
}
