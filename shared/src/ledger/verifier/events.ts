import { type Envelope, generationOf, parseEnvelope, parseEnvelopeText } from "../envelopes.ts";
import { leafHash } from "../merkle.ts";
import { Tampered } from "./findings.ts";
import { LeafList } from "./leaf-list.ts";
import { Payloads } from "./payloads.ts";
import { RunSeals } from "./run-seals.ts";
import { Statuses } from "./statuses.ts";

/** What is said about events one by one, and about those of a run and of a subject; fed in the order of the log. */
export class EventChecks {
  readonly leaves = new LeafList();
  readonly runs = new RunSeals();
  readonly payloads = new Payloads();
  readonly #statuses = new Statuses();
  readonly #restored = new Set<string>();
  #lastId = "";
  /** First event of each generation of the log. */
  readonly generations: { readonly generation: number; readonly seq: number }[] = [];

  /** @param bytes of the envelope @param text what they say, where it is known already */
  take(seq: number, bytes: Buffer, text?: string): Envelope {
    const envelope = text === undefined ? parseEnvelope(bytes) : parseEnvelopeText(text);
    if (envelope === null) throw new Tampered(seq, "its envelope is not one in canonical form");
    if (envelope.id <= this.#lastId) throw new Tampered(seq, "its id does not come after the one before");
    this.#lastId = envelope.id;
    const generation = generationOf(envelope);
    if (this.generations.at(-1)?.generation !== generation) this.generations.push({ generation, seq });
    if (envelope.event_type === "log.restored") this.#restored.add(envelope.set.generation ?? "");
    this.runs.take(seq, envelope, this.leaves);
    this.#statuses.take(seq, envelope);
    this.payloads.note(envelope);
    this.leaves.push(leafHash(bytes));
    return envelope;
  }

  /** What shows at the end. @param whole whether these are all events of the log */
  checks(whole: boolean): (() => void)[] {
    const checks = [...this.runs.checks(), ...this.#statuses.checks(), ...this.payloads.checks(whole)];
    return whole ? [...checks, () => this.#checkGenerations()] : checks;
  }

  #checkGenerations(): void {
    for (const { generation, seq } of this.generations)
      if (generation !== 1 && !this.#restored.has(String(generation)))
        throw new Tampered(seq, `it is of generation ${generation}, and no event says that a backup was restored`);
  }
}
