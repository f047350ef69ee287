import type { DirectorAction } from "@aura/shared/schemas/api/director-action";
import type { Command } from "commander";

export interface Reasoned {
  reason: string;
}

/** Adds --reason: it is kept for ever beside the action, so it has no default unless the verb says it all. */
export function withReason(command: Command, standard?: string): Command {
  const about = "why, at least 3 characters; kept for ever with the action";
  return standard === undefined
    ? command.requiredOption("--reason <text>", about)
    : command.option("--reason <text>", about, standard);
}

export function recordedText(row: DirectorAction): string {
  return `${row.action} ${row.outcome}, recorded as ${row.id} by ${row.director_id}`;
}
