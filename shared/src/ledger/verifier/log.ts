import { ATTESTATION_EVENTS } from "../attestation-check.ts";
import { counterOf, type Envelope, generationOf, parseEnvelope, payloadSha256 } from "../envelopes.ts";
import { append, EMPTY, type Hash, leafHash, rootOf } from "../merkle.ts";
import { FIRST_STATUS, LEGAL_MOVES } from "../moves.ts";
import { CannotTell, type Finding, Tampered } from "./findings.ts";

/** Types of events that say something about others. */
const TELLING = new Set(["run.sealed", "log.restored", "archive_segment.created", ...ATTESTATION_EVENTS]);

type Told = Pick<Envelope, "run_id" | "subject_type" | "subject_id" | "set"> & { readonly seq: number };
type Move = Pick<Envelope, "from" | "to"> & { readonly seq: number; readonly counter: number };
type Gone = { readonly id: string; readonly seq: number; readonly sha256: string };

/** By the id of an event, hashes of salt and payload as the archive holds them; null for what is malformed. */
export type ArchivedHashes = ReadonlyMap<string, readonly (string | null)[]>;

/** What an input holds of a log. Each event is looked at once, and of what it says as much is kept as the rules need. */
export class Log {
  readonly kind: "export" | "tiles" | "run" | "proof";
  /** Folder of the evidence pack that it is. */
  pack: string | null = null;
  /** What inputs of its kind do not show. */
  readonly unseen: string[] = [];
  /** What is wrong with it beside its events. */
  readonly found: Finding[] = [];
  /** Checkpoints, the newest one last. */
  readonly notes: unknown[] = [];
  /** Of each event, its sequence, and where this is not the whole log, that it is under the checkpoint. */
  readonly seqs: number[] = [];
  readonly proofs: unknown[] = [];
  /** Telling events by their types. */
  readonly told = new Map<string, Told[]>();
  /** Of each generation, the sequence of its first event. */
  readonly generations = new Map<number, number>();
  /** 32 bytes each, as texts: there may be many millions, and buffers take three times as much. */
  readonly #leaves: string[] = [];
  /** Of each run, the places of its events. */
  readonly #runs = new Map<string, number[]>();
  readonly #moves = new Map<string, Move[]>();
  /** Payloads that are not kept any more, and ids of events whose payload was erased. */
  readonly #gone: Gone[] = [];
  readonly #erased = new Set<string>();
  #kept = 0;
  #lastId = "";

  constructor(kind: Log["kind"]) {
    this.kind = kind;
  }

  /** @param bytes of the envelope @throws {Tampered} where they are none, or one that has no place here */
  take(seq: number, bytes: Buffer): Envelope {
    const envelope = parseEnvelope(bytes);
    if (envelope === null) throw new Tampered(seq, "its envelope is not one in canonical form");
    if (envelope.id <= this.#lastId) throw new Tampered(seq, "its id does not come after the one before");
    this.#lastId = envelope.id;
    const { event_type, run_id, subject_type, subject_id, set, from, to } = envelope;
    if (!this.generations.has(generationOf(envelope))) this.generations.set(generationOf(envelope), seq);
    if (run_id !== "") add(this.#runs, run_id, this.seqs.length);
    if (to !== "" && Object.hasOwn(LEGAL_MOVES, subject_type))
      add(this.#moves, `${subject_type} ${subject_id}`, { seq, counter: counterOf(envelope), from, to });
    if (event_type === "payload.erased" && subject_type === "audit_payloads") this.#erased.add(subject_id);
    if (TELLING.has(event_type)) add(this.told, event_type, { seq, run_id, subject_type, subject_id, set });
    this.#leaves.push(leafHash(bytes).toString("latin1"));
    this.seqs.push(seq);
    return envelope;
  }

  /** @param payload as in an export: undefined where the event has none, null where it is not kept any more */
  takePayload(seq: number, { id, payload_sha256: sha256 }: Envelope, payload: unknown): void {
    if ((sha256 === "") !== (payload === undefined)) throw new Tampered(seq, "it has a payload too many, or lacks it");
    if (payload === null) this.#gone.push({ id, seq, sha256 });
    if (payload === null || payload === undefined) return;
    const { salt, bytes } = payload as Record<string, unknown>;
    if (Object.keys(payload).join() !== "salt,bytes" || payloadSha256(salt, bytes) !== sha256)
      throw new Tampered(seq, "its payload is not the one that it was written with");
    this.#kept += 1;
  }

  leafAt(place: number): Hash {
    return Buffer.from(this.#leaves[place] ?? "", "latin1");
  }

  payloads(): { kept: number; erased: number; archived: number } {
    const erased = this.#gone.filter(({ id }) => this.#erased.has(id)).length;
    return { kept: this.#kept, erased, archived: this.#gone.length - erased };
  }

  /** What events say about each other, and is not so. */
  *findings(archive: ArchivedHashes | null): Generator<Finding> {
    for (const seal of this.told.get("run.sealed") ?? []) yield* this.#sealFindings(seal);
    for (const [subject, moves] of this.#moves) yield* moveFindings(subject.split(" ")[0] ?? "", moves);
    for (const gone of this.#gone) if (!this.#erased.has(gone.id)) yield* this.#goneFindings(gone, archive);
    const restored = new Set(this.told.get("log.restored")?.map(({ set }) => set.generation));
    for (const [generation, seq] of this.kind === "run" ? [] : this.generations)
      if (generation !== 1 && !restored.has(String(generation)))
        yield new Tampered(seq, `it is of generation ${generation}, and no event says that a backup was restored`);
  }

  *#sealFindings({ seq, run_id, subject_type, subject_id, set }: Told): Generator<Finding> {
    const through = Number(set.through_seq);
    const places = (this.#runs.get(run_id) ?? []).filter((place) => (this.seqs[place] ?? 0) <= through);
    const leaves = places.map((place) => this.leafAt(place));
    const isBefore = String(through) === set.through_seq && through >= 0 && through < seq;
    if (run_id === "" || subject_type !== "run_seal" || subject_id !== run_id || !isBefore)
      yield new Tampered(seq, `it does not say which run it seals, or no event before it is number ${set.through_seq}`);
    else if (String(places.length) !== set.count || rootOf(append(EMPTY, leaves)).toString("hex") !== set.root)
      yield new Tampered(seq, `it seals ${set.count} events, which are not the ${places.length} of its run`);
  }

  *#goneFindings({ id, seq, sha256 }: Gone, archive: ArchivedHashes | null): Generator<Finding> {
    const segments = this.told.get("archive_segment.created") ?? [];
    const isIn = ({ set }: Told) => (set.first_event_id ?? "") <= id && id <= (set.last_event_id ?? "");
    const [isArchived, hashes] = [segments.some(isIn), archive?.get(id)];
    if (!isArchived && this.kind === "run") yield new CannotTell(`why event ${seq} has no payload is not said here`);
    else if (!isArchived) yield new Tampered(seq, "its payload is gone, and no event says so");
    else if (hashes?.some((one) => one !== sha256)) yield new Tampered(seq, "its archived payload is another one");
    else if (archive && !hashes) yield new CannotTell(`the archive lacks the payload of event ${seq}`);
  }
}

/** Statuses follow from each other in the order of the changes, which may be another than that of the log. */
function* moveFindings(type: string, moves: Move[]): Generator<Finding> {
  let status = "";
  for (const { seq, from, to } of moves.sort((a, b) => a.counter - b.counter || a.seq - b.seq)) {
    const legal = status === "" ? FIRST_STATUS[type] : from === to ? [to] : LEGAL_MOVES[type]?.[from];
    if (from !== status || !legal?.includes(to))
      yield new Tampered(seq, `it takes a ${type} from '${from}' to '${to}', where it was '${status}'`);
    status = to;
  }
}

export function add<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
