import type { Envelope } from "../envelopes.ts";
import type { Hash } from "../merkle.ts";
import { decodeBase64 } from "../notes.ts";
import { verifyInclusion } from "../proofs.ts";
import { EventChecks } from "./events.ts";
import { CannotTell, type Summary, Tampered } from "./findings.ts";
import { type Line, readLines } from "./lines.ts";
import { checkSeals, openCheckpoint, type Signed, type Trust } from "./seals.ts";

const COLUMNS = [
  ...["id", "source", "severity", "description", "created_at", "event_type", "run_id", "task_id"],
  ...["subject_type", "subject_id", "actor_kind", "actor_id", "tx"],
] as const;

interface Read {
  readonly head: Line;
  readonly checks: EventChecks;
  readonly seqs: number[];
  readonly leaves: Hash[];
  readonly proofs: unknown[];
  readonly notes: unknown[];
  /** Up to where the last run.sealed reaches. */
  sealedThrough: number;
}

/** Checks an export of a whole log, or the events of one run. */
export async function verifyExport(file: string, trust: Trust): Promise<Summary> {
  const read = await readExport(file);
  const { format } = read.head;
  if (format === "aura-export/1") return wholeLog(read, trust);
  if (format === "aura-run/1") return oneRun(read, trust);
  throw new CannotTell(`the format ${String(format)} is not known here`);
}

async function readExport(file: string): Promise<Read> {
  const lines = readLines(file);
  const head = (await lines.next()).value as Line | undefined;
  if (head?.kind !== "log") throw new CannotTell("the file does not begin with a line about the log");
  const read: Read = {
    head,
    checks: new EventChecks(),
    seqs: [],
    leaves: [],
    proofs: [],
    notes: [],
    sealedThrough: -1,
  };
  let ended = false;
  for await (const line of lines) {
    if (ended) throw new Tampered(null, "there is something after the end");
    if (line.kind === "event" && read.notes.length === 0) takeEvent(read, line);
    else if (line.kind === "checkpoint" && sameKeys(line, "kind,note")) read.notes.push(line.note);
    else if (line.kind === "end") ended = isEnd(read, line);
    else throw new Tampered(null, `a line of kind ${line.kind} has no place here`);
  }
  if (!ended) throw new CannotTell("the file stops before its end");
  return read;
}

function takeEvent(read: Read, line: Line): void {
  const run = read.head.format === "aura-run/1";
  const { seq, envelope: text, columns, payload, proof } = line;
  const before = read.seqs.at(-1) ?? -1;
  if (typeof seq !== "number" || (run ? seq <= before : seq !== before + 1))
    throw new Tampered(before + 1, `the event after ${before} has the sequence ${String(seq)}`);
  const keys = `kind,seq,envelope,columns${"payload" in line ? ",payload" : ""}${run ? ",proof" : ""}`;
  if (!sameKeys(line, keys) || typeof text !== "string")
    throw new Tampered(seq, "its line has other keys than an event");
  const { leaf, envelope } = read.checks.take(seq, Buffer.from(text));
  checkColumns(seq, envelope, columns);
  read.checks.takePayload(seq, envelope, payload);
  if (run && envelope.run_id !== read.head.run_id) throw new Tampered(seq, "it is an event of another run");
  if (envelope.event_type === "run.sealed") read.sealedThrough = Number(envelope.set.through_seq);
  read.seqs.push(seq);
  read.leaves.push(leaf);
  if (run) read.proofs.push(proof);
}

function checkColumns(seq: number, envelope: Envelope, columns: unknown): void {
  const row = (columns ?? {}) as Record<string, unknown>;
  if (!sameKeys(row, COLUMNS.join())) throw new Tampered(seq, "its columns are other ones than those of the table");
  for (const column of COLUMNS) {
    const said = column === "created_at" ? envelope.at : envelope[column];
    if (row[column] !== said)
      throw new Tampered(seq, `its column ${column} says ${String(row[column])}, and what was signed ${said}`);
  }
}

function isEnd(read: Read, line: Line): true {
  const { events, checkpoints } = line;
  if (!sameKeys(line, "kind,events,checkpoints") || events !== read.seqs.length || checkpoints !== read.notes.length)
    throw new Tampered(
      read.seqs.length,
      `it ends after ${read.seqs.length} events and ${read.notes.length} checkpoints and says ${String(events)} and ${String(checkpoints)}`,
    );
  return true;
}

function wholeLog(read: Read, trust: Trust): Summary {
  const { head, leaves, notes } = read;
  const newest = checkSeals(notes, leaves, trust);
  if (!sameKeys(head, "kind,format,origin,size") || head.size !== leaves.length || head.origin !== newest.origin)
    throw new Tampered(null, "its first line is not about this log");
  return summary("export", read, newest, trust, []);
}

function oneRun(read: Read, trust: Trust): Summary {
  const { head, leaves, notes, seqs, proofs } = read;
  const newest = openCheckpoint(notes[0], trust);
  if (
    !sameKeys(head, "kind,format,origin,size,run_id") ||
    head.size !== newest.size ||
    head.origin !== newest.origin ||
    notes.length !== 1
  )
    throw new Tampered(null, "its first line is not about this run");
  leaves.forEach((leaf, index) => {
    const seq = seqs[index] ?? -1;
    const proof = Array.isArray(proofs[index])
      ? proofs[index].map((step) => decodeBase64(String(step)) ?? Buffer.alloc(0))
      : [];
    if (!verifyInclusion(seq, newest.size, leaf, proof, newest.root))
      throw new Tampered(seq, "it is not in the log that was signed");
  });
  if (read.checks.runsSealed === 0) throw new CannotTell("the run has no seal yet, so what is missing would not show");
  if (trust.witnesses.length > 0 && newest.witnessedBy.length === 0)
    throw new CannotTell("the checkpoint is cosigned by none of the witnesses given");
  const later = read.checks.unsealed(String(head.run_id), read.sealedThrough) - 1;
  return summary("run", read, newest, trust, [
    "whether the log is whole outside of this run",
    ...(trust.kept.length > 0 ? ["checkpoints kept elsewhere: they need the whole log"] : []),
    ...(later > 0 ? [`whether ${later} events after the run's seal are all there were`] : []),
  ]);
}

function summary(
  kind: Summary["kind"],
  read: Read,
  newest: Signed,
  trust: Trust,
  not_checked: readonly string[],
): Summary {
  const gone = read.checks.finish();
  return {
    kind,
    origin: newest.origin,
    events: read.leaves.length,
    checkpoints: read.notes.length,
    size: newest.size,
    root: newest.root.toString("hex"),
    signed_by: newest.signedBy,
    witnessed_by: newest.witnessedBy,
    kept_checkpoints: kind === "run" ? 0 : trust.kept.length,
    runs_sealed: read.checks.runsSealed,
    payloads: { kept: read.checks.payloadsKept, ...gone },
    not_checked,
  };
}

/** Keys in their order; JSON keeps it. */
function sameKeys(object: object, keys: string): boolean {
  return Object.keys(object).join() === keys;
}
