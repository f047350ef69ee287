import { parseCheckpoint } from "@aura/shared/ledger/checkpoints";
import { parseNote } from "@aura/shared/ledger/notes";
import type { Queryable } from "@aura/shared/postgres/client";
import { readRunExport } from "../db/export-statements.ts";
import { eventOf, line } from "./export-lines.ts";
import { ProofReader } from "./proof-reader.ts";

/** The events of one run, each with its proof under `note`. Source: docs/architecture/LEDGER_FORMAT.md, section 10. */
export async function runLines(db: Queryable, runId: string, note: string): Promise<string> {
  const { origin, size } = parseCheckpoint(parseNote(note).text);
  const rows = await readRunExport(db, runId, size);
  const reader = new ProofReader(db, size);
  const lines = [line({ kind: "log", format: "aura-run/1", origin, size, run_id: runId })];
  for (const row of rows) {
    const proof = (await reader.proofOf(row.seq)).map((hash) => hash.toString("base64"));
    lines.push(line({ ...eventOf(row), proof }));
  }
  lines.push(line({ kind: "checkpoint", note }), line({ kind: "end", events: rows.length, checkpoints: 1 }));
  return lines.join("");
}
