import { hash } from "node:crypto";
import { counterOf, type Envelope, parseEnvelope } from "../envelopes.ts";
import { append, EMPTY, type Hash, leafHash, rootOf } from "../merkle.ts";
import { FIRST_STATUS, LEGAL_MOVES } from "../moves.ts";
import { decodeBase64 } from "../notes.ts";
import { Tampered } from "./findings.ts";

interface Move {
  readonly counter: string;
  readonly seq: number;
  readonly from: string;
  readonly to: string;
}

/** What is said about events one by one, and about those of a run and of a subject; fed in the order of the log. */
export class EventChecks {
  #lastId = "";
  readonly #runs = new Map<string, { seqs: number[]; leaves: Hash[] }>();
  readonly #moves = new Map<string, Move[]>();
  readonly #missing = new Map<string, number>();
  readonly #erased = new Set<string>();
  readonly #archived: { first: string; last: string }[] = [];
  runsSealed = 0;
  payloadsKept = 0;

  /** @returns the leaf, from the bytes alone */
  take(seq: number, bytes: Buffer): { leaf: Hash; envelope: Envelope } {
    const envelope = parseEnvelope(bytes);
    if (envelope === null) throw new Tampered(seq, "its envelope is not one in canonical form");
    if (envelope.id <= this.#lastId) throw new Tampered(seq, "its id does not come after the one before");
    this.#lastId = envelope.id;
    const leaf = leafHash(bytes);
    this.#noteRun(seq, envelope, leaf);
    this.#noteMove(seq, envelope);
    if (envelope.event_type === "payload.erased") this.#erased.add(envelope.subject_id);
    if (envelope.event_type === "archive_segment.created")
      this.#archived.push({ first: envelope.set.first_event_id ?? "", last: envelope.set.last_event_id ?? "" });
    return { leaf, envelope };
  }

  /** @param payload as in an export: undefined where the event has none, null where it is not kept any more */
  takePayload(seq: number, { id, payload_sha256 }: Envelope, payload: unknown): void {
    if (payload_sha256 === "" || payload === undefined) {
      if (payload_sha256 === "" && payload === undefined) return;
      throw new Tampered(seq, payload_sha256 === "" ? "it has a payload that it never had" : "its payload is left out");
    }
    if (payload === null) return void this.#missing.set(id, seq);
    const { salt, bytes, ...rest } = payload as Record<string, unknown>;
    const isHex = typeof salt === "string" && /^[0-9a-f]{64}$/.test(salt);
    const body = bytes === "" ? Buffer.alloc(0) : typeof bytes === "string" ? decodeBase64(bytes) : null;
    if (!isHex || body === null || Object.keys(rest).length > 0) throw new Tampered(seq, "its payload is malformed");
    if (hash("sha256", Buffer.concat([Buffer.from(salt, "hex"), body])) !== payload_sha256)
      throw new Tampered(seq, "its payload is not the one that it was written with");
    this.payloadsKept += 1;
  }

  /** What only the whole log shows. @returns how many payloads are gone, by why */
  finish(): { erased: number; archived: number } {
    for (const [subject, moves] of this.#moves) checkMoves(subject, moves);
    let [erased, archived] = [0, 0];
    for (const [id, seq] of this.#missing) {
      if (this.#erased.has(id)) erased += 1;
      else if (this.#archived.some(({ first, last }) => first <= id && id <= last)) archived += 1;
      else throw new Tampered(seq, "its payload is gone, and no event says so");
    }
    return { erased, archived };
  }

  /** Events of a run after its last seal. */
  unsealed(runId: string, throughSeq: number): number {
    return this.#runs.get(runId)?.seqs.filter((seq) => seq > throughSeq).length ?? 0;
  }

  #noteRun(seq: number, { run_id, event_type, set }: Envelope, leaf: Hash): void {
    if (run_id === "") return;
    const run = this.#runs.get(run_id) ?? { seqs: [], leaves: [] };
    this.#runs.set(run_id, run);
    if (event_type === "run.sealed") {
      const through = Number(set.through_seq);
      const covered = run.leaves.slice(0, run.seqs.filter((one) => one <= through).length);
      if (String(covered.length) !== set.count)
        throw new Tampered(seq, `it says that its run had ${set.count} events, and there are ${covered.length}`);
      if (rootOf(append(EMPTY, covered)).toString("hex") !== set.root)
        throw new Tampered(seq, "its root is not that of the events of its run");
      this.runsSealed += 1;
    }
    run.seqs.push(seq);
    run.leaves.push(leaf);
  }

  #noteMove(seq: number, envelope: Envelope): void {
    const { subject_type, subject_id, from, to } = envelope;
    if (to === "" || LEGAL_MOVES[subject_type] === undefined) return;
    const key = `${subject_type} ${subject_id}`;
    const moves = this.#moves.get(key);
    const move = { counter: counterOf(envelope), seq, from, to };
    if (moves === undefined) this.#moves.set(key, [move]);
    else moves.push(move);
  }
}

/** In the order in which they happened, which may be another than that of the log. */
function checkMoves(subject: string, moves: Move[]): void {
  const type = subject.split(" ")[0] ?? "";
  let status = "";
  for (const { seq, from, to } of moves.sort((a, b) => (a.counter < b.counter ? -1 : 1))) {
    if (from !== status)
      throw new Tampered(seq, `it comes from ${from || "nothing"}, where its ${type} was ${status || "not there"}`);
    const legal = status === "" ? FIRST_STATUS[type] : from === to ? [to] : LEGAL_MOVES[type]?.[from];
    if (!legal?.includes(to)) throw new Tampered(seq, `no ${type} may go from ${from || "nothing"} to ${to}`);
    status = to;
  }
}
