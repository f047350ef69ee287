import { openCheckpoint } from "@aura/shared/ledger/checkpoints";
import type { Hash } from "@aura/shared/ledger/merkle";
import { NoteError, type Verifier } from "@aura/shared/ledger/notes";
import type { SignedRoot } from "../db/log-check-statements.ts";

/** What a checkpoint in the table is worth: the root that was signed, and what is wrong with the rest. */
export interface Judged {
  readonly root: Hash;
  readonly wrong: string | null;
}

/** The note counts, which a key signed, and not the columns beside it. */
export function judgeCheckpoint({ note, size, root, origin }: SignedRoot, keys: readonly Verifier[]): Judged {
  try {
    const said = openCheckpoint(note, keys);
    if (said.signed_by.length === 0) return { root, wrong: "was not signed by a key of this log" };
    const isSame = said.size === size && said.root.equals(root) && said.origin === origin;
    return { root: said.root, wrong: isSame ? null : "says something else than its row" };
  } catch (error) {
    if (error instanceof NoteError) return { root, wrong: `was never signed: ${error.message}` };
    throw error;
  }
}
