import type { Verification } from "./verify.ts";

/** What was found, for people. */
export function describe(verification: Verification): string {
  if (verification.outcome === "cannot_tell") return `Cannot tell: ${verification.reason}.`;
  if (verification.outcome === "tampered") {
    const where = verification.seq === null ? "" : ` Event ${verification.seq}:`;
    return `TAMPERED.${where} ${verification.reason}.`;
  }
  const { summary } = verification;
  const { payloads } = summary;
  return [
    `Sound: ${summary.events} events of ${summary.origin}.`,
    `Newest checkpoint: ${summary.size} events, root ${summary.root}.`,
    `Signed by ${summary.signed_by.join(", ")}; cosigned by ${summary.witnessed_by.join(", ") || "no witness that was given"}.`,
    `${summary.checkpoints} checkpoints and ${summary.kept_checkpoints} kept elsewhere agree; ${summary.runs_sealed} runs sealed.`,
    `Payloads: ${payloads.kept} as written, ${payloads.erased} erased on record, ${payloads.archived} archived.`,
    ...summary.not_checked.map((what) => `Not checked: ${what}.`),
  ].join("\n");
}
