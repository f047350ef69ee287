import type { Envelope } from "../envelopes.ts";
import { Attestation } from "./attestation.ts";
import { EventChecks } from "./events.ts";
import { CannotTell, type Summary, Tampered } from "./findings.ts";
import { hasKeys, type Line, readLines } from "./lines.ts";
import type { Signed } from "./seals.ts";

const COLUMNS = [
  ...["id", "source", "severity", "description", "created_at", "event_type", "run_id", "task_id"],
  ...["subject_type", "subject_id", "actor_kind", "actor_id", "tx"],
] as (keyof Envelope | "created_at")[];

/** What an export says, after each of its events was looked at. */
export class Export {
  readonly events = new EventChecks();
  readonly attested = new Attestation();
  readonly seqs: number[] = [];
  readonly proofs: unknown[] = [];
  readonly notes: unknown[] = [];
  readonly head: Line;
  readonly ofRun: boolean;

  constructor(head: Line) {
    this.head = head;
    this.ofRun = head.format === "aura-run/1";
  }

  take(line: Line): void {
    const { seq, envelope: text, columns, payload, proof } = line;
    const next = this.next();
    if (typeof seq !== "number" || (this.ofRun ? !(seq >= next) : seq !== next))
      throw new Tampered(
        this.ofRun && typeof seq === "number" ? seq : next,
        `where the sequence ${next} should be, there is ${String(seq)}`,
      );
    const keys = `kind,seq,envelope,columns${"payload" in line ? ",payload" : ""}${this.ofRun ? ",proof" : ""}`;
    if (!hasKeys(line, keys) || typeof text !== "string")
      throw new Tampered(seq, "its line has other keys than an event");
    const envelope = this.events.take(seq, Buffer.from(text), text);
    checkColumns(seq, envelope, columns);
    this.events.payloads.take(seq, envelope, payload);
    if (this.ofRun && envelope.run_id !== this.head.run_id) throw new Tampered(seq, "it is an event of another run");
    this.seqs.push(seq);
    if (!this.ofRun) return;
    this.proofs.push(proof);
    this.attested.take(seq, envelope);
  }

  /** The smallest sequence that the next event can have. */
  next(): number {
    return (this.seqs.at(-1) ?? -1) + 1;
  }

  summary(kind: Summary["kind"], newest: Signed, kept: number, not_checked: readonly string[]): Summary {
    return {
      ...{ kind, origin: newest.origin, events: this.events.leaves.size, checkpoints: this.notes.length },
      ...{ size: newest.size, root: newest.root.toString("hex") },
      ...{ signed_by: newest.signedBy, witnessed_by: newest.witnessedBy, kept_checkpoints: kept },
      ...{ runs_sealed: this.events.runs.count, payloads: this.events.payloads.summary(), not_checked },
    };
  }
}

/** @throws {Tampered} for what shows while it is read @throws {CannotTell} for a file that is none, or not whole */
export async function readExport(file: string): Promise<Export> {
  const lines = readLines(file);
  const head = (await lines.next()).value as Line | undefined;
  if (head?.kind !== "log") throw new CannotTell("the file does not begin with a line about the log");
  if (head.format !== "aura-export/1" && head.format !== "aura-run/1")
    throw new CannotTell(`the format ${String(head.format)} is not known here`);
  const read = new Export(head);
  try {
    await readAll(read, lines);
  } catch (error) {
    const unplaced = error instanceof Tampered && error.seq === null && read.notes.length === 0;
    throw unplaced ? new Tampered(read.next(), error.message) : error;
  }
  return read;
}

async function readAll(read: Export, lines: AsyncGenerator<Line>): Promise<void> {
  let ended = false;
  for await (const line of lines) {
    if (ended) throw new Tampered(null, "there is something after the end");
    if (line.kind === "event" && read.notes.length === 0) read.take(line);
    else if (line.kind === "checkpoint" && hasKeys(line, "kind,note")) read.notes.push(line.note);
    else if (line.kind === "end") ended = isEnd(read, line);
    else throw new Tampered(null, `a line of kind ${line.kind} has no place here`);
  }
  if (!ended) throw new CannotTell("the file stops before its end");
}

function checkColumns(seq: number, envelope: Envelope, columns: unknown): void {
  const row = (columns ?? {}) as Record<string, unknown>;
  if (!hasKeys(row, COLUMNS.join())) throw new Tampered(seq, "its columns are other ones than those of the table");
  for (const column of COLUMNS) {
    const said = column === "created_at" ? envelope.at : envelope[column];
    if (row[column] !== said)
      throw new Tampered(seq, `its column ${column} says ${String(row[column])}, and what was signed ${String(said)}`);
  }
}

function isEnd({ seqs, notes }: Export, line: Line): true {
  const { events, checkpoints } = line;
  if (!hasKeys(line, "kind,events,checkpoints") || events !== seqs.length || checkpoints !== notes.length)
    throw new Tampered(
      null,
      `the end tells of ${String(events)} events and ${String(checkpoints)} checkpoints, and there are ${seqs.length} and ${notes.length}`,
    );
  return true;
}
