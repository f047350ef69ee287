/** What the database says to a request of an agent: done, or refused with a code from the shared table of problems. */
export type Answer =
  | { readonly done: true; readonly id: string | null }
  | { readonly done: false; readonly code: string; readonly detail: string };

export type Severity = "info" | "warning" | "error";

interface StoredBody {
  readonly body: Buffer;
  readonly media_type: string;
}

interface CallReservation {
  readonly provider: string;
  readonly model: string;
  readonly input_tokens_max: number;
  readonly output_tokens_max: number;
  readonly request_sha256: Buffer;
}

interface CallSettlement {
  readonly call_id: string;
  readonly input_tokens: number;
  readonly output_tokens: number;
  /** `ok`, or the provider port's error code. */
  readonly outcome: string;
  readonly reply_sha256: Buffer | null;
  readonly duration_ms: number;
}

interface SandboxJobState {
  readonly status: "queued" | "running" | "done" | "refused";
  /** Body of the JSON SandboxJobResult. */
  readonly result: Buffer | null;
}

/**
 * Everything that one attempt asks of the database, bound to its task and claim. What decides (money, claim, state) is
 * an answer; a method throws only when the database does not answer or a call is malformed.
 */
export interface Desk {
  /** Stores bodies; their SHA-256 in order. */
  putBlobs(items: readonly StoredBody[]): Promise<Buffer[]>;
  log(message: string, severity: Severity): Promise<void>;
  reserveCall(call: CallReservation): Promise<Answer>;
  settleCall(call: CallSettlement): Promise<Answer>;
  queueSandboxJob(treeSha256: Buffer, command: string, args: readonly string[]): Promise<Answer>;
  readSandboxJob(jobId: string): Promise<SandboxJobState | null>;
  submit(product: Buffer, transcript: Buffer, selfConfidence: number): Promise<Answer>;
  end(outcome: "gave_up" | "held_up", code: string, detail: string, transcript: Buffer): Promise<Answer>;
}
