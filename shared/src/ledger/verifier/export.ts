import { isUtf8 } from "node:buffer";
import { columnsOf } from "../envelopes.ts";
import { readLines } from "../json-lines.ts";
import { CannotTell, Tampered } from "./findings.ts";
import { Log } from "./log.ts";

type Line = Readonly<Record<string, unknown>>;

/**
 * Reads a log, or the events of one run, as lines of JSON, and looks at each of them.
 *
 * @param pack folder of the evidence pack that the file is part of
 * @throws {Tampered} for one that is not what it should be @throws {CannotTell} for a file that is none, or not whole
 */
export async function readExport(file: string, pack: string | null): Promise<Log> {
  const lines = readLines(file);
  const head = parseLine((await lines.next()).value ?? Buffer.of(), null);
  const { format, origin, run_id } = head;
  if (head.kind !== "log" || (format !== "aura-export/1" && format !== "aura-run/1"))
    throw new CannotTell("the file does not begin with a line about a log in a format that is known here");
  const [log, run] = format === "aura-run/1" ? [new Log("run"), { run_id }] : [new Log("export"), null];
  let ended = false;
  for await (const bytes of lines) {
    const next = log.notes.length > 0 ? null : (log.seqs.at(-1) ?? -1) + 1;
    const line = parseLine(bytes, next);
    const end = { kind: "end", events: log.seqs.length, checkpoints: log.notes.length };
    if (line.kind === "event" && next !== null && !ended) takeEvent(log, line, next, run);
    else if (!ended && isSame(line, { kind: "checkpoint", note: line.note })) log.notes.push(line.note);
    else if (!ended && isSame(line, end)) ended = true;
    else throw new Tampered(next, `a line of kind ${line.kind} has no place here, or is not what it should be`);
  }
  log.pack = pack;
  if (run !== null) log.unseen.push("whether the log is whole outside of this run", "its run after its last seal");
  if (!ended) throw new CannotTell("the file stops before its end");
  const [name, signed] = String(log.notes.at(-1)).split("\n");
  const size = run === null ? log.seqs.length : Number(signed);
  const isRight = origin === name && isSame(head, { kind: "log", format, origin, size, ...run });
  if (!isRight || (run !== null && log.notes.length > 1))
    log.found.push(new Tampered(null, "its first line is not about what follows"));
  return log;
}

/** @param next the smallest sequence that it can have @param run whose events alone are here; null where all are */
function takeEvent(log: Log, line: Line, next: number, run: { readonly run_id: unknown } | null): void {
  const { seq, envelope: text, columns, payload, proof } = line;
  const keys = `kind,seq,envelope,columns${"payload" in line ? ",payload" : ""}${run === null ? "" : ",proof"}`;
  if (typeof seq !== "number" || typeof text !== "string" || Object.keys(line).join() !== keys)
    throw new Tampered(next, "its line is not one about an event");
  if (run === null ? seq !== next : seq < next)
    throw new Tampered(run === null ? next : seq, `where the sequence ${next} should be, there is ${seq}`);
  const envelope = log.take(seq, Buffer.from(text));
  const said = columnsOf(envelope);
  const wrong = Object.keys(said).find((column) => Object(columns)[column] !== said[column]) ?? "their order";
  if (!isSame(columns, said)) throw new Tampered(seq, `its columns are not what was signed: ${wrong}`);
  log.takePayload(seq, envelope, payload);
  if (run === null) return;
  log.proofs.push(proof);
  if (envelope.run_id !== run.run_id) throw new Tampered(seq, "it is an event of another run");
}

/** Half a surrogate pair would turn into another character on its way to bytes: no writer has it. */
function parseLine(bytes: Buffer, seq: number | null): Line {
  const text = bytes.toString("utf8");
  const line = JSON.parse(text) as Line | null;
  if (typeof line?.kind !== "string") throw new CannotTell("a line is no JSON object with a kind");
  const halves = text.includes("\\ud") && /(?<!\\)(\\\\)*\\ud[89a-f]/.test(text);
  if (JSON.stringify(line) !== text || halves || !isUtf8(bytes))
    throw new Tampered(seq, "a line is not in the form in which exports are written");
  return line;
}

/** In the one form that JSON has here, order of keys included. */
function isSame(said: unknown, expected: object): boolean {
  return JSON.stringify(said) === JSON.stringify(expected);
}
