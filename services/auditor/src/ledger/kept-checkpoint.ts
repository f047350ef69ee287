import { openCheckpoint } from "@aura/shared/ledger/checkpoints";
import { NoteError, type Signer } from "@aura/shared/ledger/notes";
import type { LogState } from "../db/sealing-statements.ts";
import type { KeyFolder } from "./key-folder.ts";
import { contradicted } from "./seal-refused.ts";

export interface Kept {
  readonly note: string;
  readonly size: number;
  readonly root: Buffer;
}

/**
 * The newest checkpoint in the Auditor's folder; null before the first one of a generation.
 *
 * @throws {SealRefused} `log_contradicted` when it is of another log, or none
 */
export function keptCheckpoint(folder: KeyFolder, state: LogState, signers: readonly Signer[]): Kept | null {
  const note = folder.read(keptFile(state));
  if (note === null) return null;
  const { origin, size, root } = checkpointIn(note, signers).checkpoint;
  if (origin !== state.origin) throw contradicted(`the Auditor's folder is that of another log, ${origin}`);
  return { note, size, root };
}

export function keptFile({ generation }: Pick<LogState, "generation">): string {
  return `signed-${generation}.note`;
}

/** @throws {SealRefused} `log_contradicted` when it is none, or under a wrong signature of a key that is here */
export function checkpointIn(note: string, signers: readonly Signer[]) {
  try {
    const keys = signers.map(({ verifier }) => verifier);
    const checkpoint = openCheckpoint(note, keys);
    return { checkpoint, signed: checkpoint.signed_by.length > 0 };
  } catch (error) {
    if (error instanceof NoteError) throw contradicted(`a checkpoint that was never signed: ${error.message}`);
    throw error;
  }
}
