import { runExport } from "@aura/shared/testing/sample-files";
import type { SampleEvent, SampleExport } from "@aura/shared/testing/sample-log";
import { type ExportTampering, eventAt, flipped, noteAt, rewrite, setEvent } from "./edits.ts";

export const RUN_ID = "01a208ec-0000-7000-800a-000000000001";

type Proved = SampleEvent & { readonly proof: readonly string[] };

function proofAt(run: SampleExport, seq: number): string[] {
  return [...(eventAt(run, seq) as Proved).proof];
}

/** Tamperings with the events of one run; in the sample it has the numbers 0 to 40, and seals at 38 and 40. */
const OF_RUN: ExportTampering[] = [
  { name: "run-event-dropped", exit: 1, seq: 38, tamper: (run) => without(run, 9) },
  { name: "run-first-event-dropped", exit: 1, seq: 3, tamper: (run) => without(run, 0) },
  { name: "run-seals-dropped", exit: 2, tamper: (run) => without(run, 38, 40) },
  { name: "run-event-doubled", exit: 1, seq: 9, tamper: (run) => count(splice(run, 10, eventAt(run, 9))) },
  { name: "run-events-swapped", exit: 1, seq: 9, tamper: swapped },
  { name: "run-event-changed", exit: 1, seq: 9, tamper: (run) => rewrite(run, 9, { actor_id: "another" }) },
  {
    name: "run-event-changed-alone",
    exit: 1,
    seq: 9,
    tamper: (run) => setEvent(run, 9, { envelope: eventAt(run, 9).envelope.replace("info", "warning") }),
  },
  { name: "run-event-renumbered", exit: 1, seq: 41, tamper: (run) => setEvent(run, 40, { seq: 41 }) },
  { name: "run-event-of-another-run", exit: 1, seq: 41, tamper: foreign },
  {
    name: "run-payload-changed",
    exit: 1,
    seq: 8,
    tamper: (run) => setEvent(run, 8, { payload: eventAt(run, 16).payload }),
  },
  { name: "run-payload-gone", exit: 2, tamper: (run) => setEvent(run, 8, { payload: null }) },
  {
    name: "run-proof-flipped",
    exit: 1,
    seq: 9,
    tamper: (run) => prove(run, 9, proofAt(run, 9).with(1, flipped(proofAt(run, 9)[1] ?? ""))),
  },
  { name: "run-proof-of-another-event", exit: 1, seq: 9, tamper: (run) => prove(run, 9, proofAt(run, 10)) },
  { name: "run-proof-shorter", exit: 1, seq: 9, tamper: (run) => prove(run, 9, proofAt(run, 9).slice(0, -1)) },
  {
    name: "run-proof-longer",
    exit: 1,
    seq: 9,
    tamper: (run) => prove(run, 9, [...proofAt(run, 9), proofAt(run, 9)[0] ?? ""]),
  },
  { name: "run-proof-empty", exit: 1, seq: 9, tamper: (run) => prove(run, 9, []) },
  { name: "run-proof-a-text", exit: 1, seq: 9, tamper: (run) => prove(run, 9, proofAt(run, 9).join()) },
  { name: "run-proof-of-no-hash", exit: 1, seq: 9, tamper: (run) => prove(run, 9, [...proofAt(run, 9), "?"]) },
  { name: "run-proof-left-out", exit: 1, seq: 9, tamper: (run) => prove(run, 9, undefined) },
  { name: "run-checkpoint-forged", exit: 1, tamper: (run) => note(run, noteAt(run, 0).replace("\n94\n", "\n93\n")) },
  { name: "run-checkpoint-dropped", exit: 2, tamper: (run) => count({ ...run, checkpoints: [] }) },
  {
    name: "run-two-checkpoints",
    exit: 1,
    tamper: (run) => count({ ...run, checkpoints: [...run.checkpoints, ...run.checkpoints] }),
  },
  {
    name: "run-head-of-another-run",
    exit: 1,
    seq: 0,
    tamper: (run) => head(run, { run_id: RUN_ID.replace(/1$/, "2") }),
  },
  { name: "run-head-of-another-size", exit: 1, tamper: (run) => head(run, { size: 93 }) },
  { name: "run-head-of-another-log", exit: 1, tamper: (run) => head(run, { origin: "aura_orchestra/x/1" }) },
  { name: "run-said-to-be-the-log", exit: 1, seq: 0, tamper: (run) => head(run, { format: "aura-export/1" }) },
  {
    name: "run-end-missing",
    exit: 2,
    tamper: (run) => [run.head, ...run.events].map((line) => `${JSON.stringify(line)}\n`).join(""),
  },
  { name: "run-with-kept-checkpoint-of-another-size", exit: 2, tamper: (run) => run, kept: (log) => [noteAt(log, 2)] },
  {
    name: "run-without-cosignature",
    exit: 2,
    tamper: (run) => note(run, `${noteAt(run, 0).split("\n").slice(0, -2).join("\n")}\n`),
  },
];

/** The same, as tamperings with the log that the run is taken from. */
export const RUN_TAMPERINGS: ExportTampering[] = OF_RUN.map((one) => ({
  ...one,
  tamper: (log) => one.tamper(runExport(log, RUN_ID)),
}));

function prove(run: SampleExport, seq: number, proof: unknown): SampleExport {
  return setEvent(run, seq, { proof });
}

function without(run: SampleExport, ...seqs: number[]): SampleExport {
  return count({ ...run, events: run.events.filter(({ seq }) => !seqs.includes(seq)) });
}

function splice(run: SampleExport, index: number, event: SampleEvent): SampleExport {
  return { ...run, events: run.events.toSpliced(index, 0, event) };
}

function swapped(run: SampleExport): SampleExport {
  return { ...run, events: run.events.with(9, eventAt(run, 10)).with(10, eventAt(run, 9)) };
}

/** An event of the log that is well proved and has no place here. */
function foreign(run: SampleExport): SampleExport {
  const moved = rewrite(structuredClone(run), 40, { run_id: RUN_ID.replace(/1$/, "2") });
  const [id = "", tx = ""] = [eventAt(run, 40).columns.id?.replace(/..$/, "ff"), eventAt(run, 40).columns.tx];
  return count(splice(run, 41, { ...eventAt(rewrite(moved, 40, { id, tx }), 40), seq: 41 }));
}

function note(run: SampleExport, text: string): SampleExport {
  return { ...run, checkpoints: [{ kind: "checkpoint", note: text }] };
}

function head(run: SampleExport, said: object): SampleExport {
  return { ...run, head: { ...run.head, ...said } };
}

function count(run: SampleExport): SampleExport {
  return { ...run, end: { kind: "end", events: run.events.length, checkpoints: run.checkpoints.length } };
}
