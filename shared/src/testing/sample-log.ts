import { createHash } from "node:crypto";
import { cosign, formatCheckpoint } from "../ledger/checkpoints.ts";
import { columnsOf, type Envelope } from "../ledger/envelopes.ts";
import { append, EMPTY, type Frontier, type Hash, leafHash, rootOf } from "../ledger/merkle.ts";
import { COSIGNATURE, formatNote, type Signer, signerOf, signText } from "../ledger/notes.ts";

const LOG = "aura_orchestra/01a20000-0000-7000-8000-00000000000a";
const SEALED_AT = 1_790_000_000;

/** Keys that are always the same: texts that they signed can be compared. */
export function logSigner(generation = 1, seed = 1): Signer {
  return signerOf(`${LOG}/${generation}`, Buffer.alloc(32, seed));
}

export const WITNESS: Signer = signerOf("witness.example", Buffer.alloc(32, 9), COSIGNATURE);

export interface SampleEvent {
  readonly kind: "event";
  readonly seq: number;
  readonly envelope: string;
  readonly columns: Readonly<Record<string, string>>;
  readonly payload?: SamplePayload | null;
}

export interface SamplePayload {
  readonly salt: string;
  readonly bytes: string;
}

/** Lines of an export, as objects. */
export interface SampleExport {
  head: { kind: "log"; format: string; origin: string; size: number; run_id?: string };
  events: SampleEvent[];
  checkpoints: { kind: "checkpoint"; note: string }[];
  end: { kind: "end"; events: number; checkpoints: number };
}

type Said = Partial<Omit<Envelope, "id" | "tx" | "v">> & { readonly tx?: number; readonly counter?: number };

/** A log that grows without a database, as the database would write it: sound as long as nobody changes it. */
export class SampleLog {
  #frontier: Frontier = EMPTY;
  #tx = 700;
  #counter = 0;
  #generation = 1;
  readonly #runs = new Map<string, { leaves: Hash[]; through: number }>();
  readonly notes: string[] = [];

  get size(): number {
    return this.#frontier.size;
  }

  /** A number for an event that is written later than its transaction's place in the log says. */
  takeCounter(): number {
    this.#counter += 1;
    return this.#counter;
  }

  /** Appends one event in a transaction of its own, unless `tx` says in which. */
  event(said: Said, payload?: string, gone = false): SampleEvent {
    const { tx = this.nextTx(), counter = this.takeCounter(), ...texts } = said;
    const id = eventId(this.#generation, tx, counter);
    const salt = createHash("sha256").update(id).digest();
    const body = payload === undefined ? null : Buffer.from(payload);
    const payload_sha256 = body === null ? "" : createHash("sha256").update(salt).update(body).digest("hex");
    const envelope = envelopeOf({ ...texts, id, tx: String(tx), payload_sha256 });
    const text = JSON.stringify(envelope);
    this.#count(envelope.run_id, leafHash(Buffer.from(text)));
    const line = { kind: "event", seq: this.size - 1, envelope: text, columns: columnsOf(envelope) } as const;
    if (body === null) return line;
    return { ...line, payload: gone ? null : { salt: salt.toString("hex"), bytes: body.toString("base64") } };
  }

  nextTx(): number {
    this.#tx += 1;
    return this.#tx;
  }

  /** Appends run.sealed for what the run has until now. */
  sealRun(run_id: string): SampleEvent {
    const { leaves, through } = this.#runs.get(run_id) ?? { leaves: [], through: -1 };
    const root = rootOf(append(EMPTY, leaves)).toString("hex");
    const set = { count: String(leaves.length), root, through_seq: String(through) };
    const subject = { subject_type: "run_seal", subject_id: run_id, run_id };
    return this.event({ ...subject, event_type: "run.sealed", actor_kind: "auditor", source: "auditor", set });
  }

  /** As after a restored backup: another generation, whose ids rise above all others. */
  restore(): SampleEvent {
    this.#generation += 1;
    this.#tx = 10;
    const set = { generation: String(this.#generation), size: String(this.size) };
    return this.event({ event_type: "log.restored", severity: "critical", subject_type: "log", set });
  }

  /** Signs what there is, by all `signers`. */
  checkpoint(signers: readonly Signer[] = [logSigner(this.#generation)], witnesses: readonly Signer[] = []): string {
    const note = signedNote(`${LOG}/${this.#generation}`, this.#frontier, signers, witnesses);
    this.notes.push(note);
    return note;
  }

  #count(run_id: string, leaf: Hash): void {
    this.#frontier = append(this.#frontier, [leaf]);
    if (run_id === "") return;
    const run = this.#runs.get(run_id) ?? { leaves: [], through: -1 };
    run.leaves.push(leaf);
    this.#runs.set(run_id, { ...run, through: this.size - 1 });
  }
}

export function signedNote(
  origin: string,
  frontier: Frontier,
  signers: readonly Signer[],
  witnesses: readonly Signer[] = [],
): string {
  const text = formatCheckpoint({ origin, size: frontier.size, root: rootOf(frontier) });
  const lines = signers.map((signer) => signText(text, signer));
  return formatNote(text, [...lines, ...witnesses.map((witness) => cosign(text, SEALED_AT + frontier.size, witness))]);
}

export function eventId(generation: number, tx: number, counter: number): string {
  const [head, number, last] = [
    generation.toString(16).padStart(2, "0"),
    tx.toString(16).padStart(13, "0"),
    counter.toString(16).padStart(12, "0"),
  ];
  return `${head}${number.slice(0, 6)}-${number.slice(6, 10)}-8${number.slice(10)}-8000-${last}`;
}

/** The texts of an envelope in the order of RFC 8785. */
export function envelopeOf(said: Partial<Envelope>): Envelope {
  const set = Object.fromEntries(Object.entries(said.set ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    ...{ action_id: "", actor_id: "one", actor_kind: "manager", at: "2026-11-01T10:00:00.000000Z" },
    ...{ db_role: "aura_manager", description: "something happened", event_type: "thing.changed", from: "", id: "" },
    ...{ payload_sha256: "", request_id: "", run_id: "", set: {}, severity: "info", source: "manager" },
    ...{ subject_id: "", subject_type: "", task_id: "", to: "", tx: "", v: "1" },
    ...said,
    set,
  };
}

/** The export's text. */
export function exportText({ head, events, checkpoints, end }: SampleExport): string {
  return [head, ...events, ...checkpoints, end].map((line) => `${JSON.stringify(line)}\n`).join("");
}
