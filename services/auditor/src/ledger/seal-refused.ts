/** Why the log is not sealed. */
export type RefusalCode = "key_missing" | "log_restored" | "log_contradicted";

const NEXT_STEP: Record<RefusalCode, string> = {
  key_missing:
    "Put the Auditor's folder (AURA_LEDGER_FOLDER) back where it was. If the key is lost for ever: node services/auditor/src/ledger/keys-main.ts hand-over --reason '...'",
  log_restored:
    "If a backup was restored on purpose: stop the services and let the administrator call begin_log_generation('why').",
  log_contradicted:
    "Keep the database as it is and find out who changed the log: aura audit verify names the first bad sequence.",
};

/** The sealer does not sign, because what it would sign contradicts what it signed before, or because it lost its key. */
export class SealRefused extends Error {
  readonly code: RefusalCode;
  readonly hint: string;

  constructor(code: RefusalCode, detail: string) {
    super(detail);
    this.name = "SealRefused";
    this.code = code;
    this.hint = NEXT_STEP[code];
  }
}

export function contradicted(detail: string): SealRefused {
  return new SealRefused("log_contradicted", detail);
}
