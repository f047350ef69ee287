import type { SampleExport } from "@aura/shared/testing/sample-log";
import { type ExportTampering, each, eventAt, renumber, resign, rewrite, setEvent, setOf } from "./edits.ts";

/** Events left out, doubled or moved; `renumbered`: with sequences and counts made to fit. */
const PLACES: ExportTampering[] = [
  { name: "swapped", exit: 1, seq: 5, tamper: (log) => swap(log, 5) },
  { name: "swapped-renumbered", exit: 1, seq: 6, tamper: (log) => renumber(swap(log, 5)) },
  { name: "first-dropped", exit: 1, seq: 0, tamper: (log) => drop(log, 0) },
  { name: "first-dropped-renumbered", exit: 1, seq: 0, tamper: (log) => renumber(drop(log, 0)) },
  { name: "middle-dropped", exit: 1, seq: 30, tamper: (log) => drop(log, 30) },
  { name: "middle-dropped-renumbered", exit: 1, seq: 20, tamper: (log) => renumber(drop(log, 30)) },
  { name: "last-dropped", exit: 1, tamper: (log) => drop(log, 93) },
  { name: "last-dropped-renumbered", exit: 1, seq: 93, tamper: (log) => renumber(drop(log, 93)) },
  { name: "doubled", exit: 1, seq: 31, tamper: (log) => double(log, 30) },
  { name: "doubled-renumbered", exit: 1, seq: 31, tamper: (log) => renumber(double(log, 30)) },
  { name: "run-removed", exit: 1, seq: 41, tamper: (log) => drop(log, 41, 41) },
  { name: "run-removed-renumbered", exit: 1, seq: 53, tamper: (log) => renumber(drop(log, 41, 41)) },
  { name: "event-added-at-the-end", exit: 1, seq: 94, tamper: (log) => renumber(double(log, 93)) },
  { name: "sequence-skipped", exit: 1, seq: 7, tamper: (log) => setEvent(log, 7, { seq: 8 }) },
  { name: "sequence-a-text", exit: 1, seq: 7, tamper: (log) => setEvent(log, 7, { seq: "7" }) },
  { name: "sequence-negative", exit: 1, seq: 0, tamper: (log) => setEvent(log, 0, { seq: -1 }) },
];

function swap(log: SampleExport, seq: number): SampleExport {
  const [one, other] = [eventAt(log, seq), eventAt(log, seq + 1)];
  log.events.splice(seq, 2, other, one);
  return log;
}

function drop(log: SampleExport, seq: number, count = 1): SampleExport {
  log.events.splice(seq, count);
  return log;
}

function double(log: SampleExport, seq: number): SampleExport {
  log.events.splice(seq, 0, eventAt(log, seq));
  return log;
}

/** Signed by whoever holds the key: what happened cannot have happened in this way. */
const MOVES: ExportTampering[] = [
  { name: "move-that-there-is-not", exit: 1, seq: 11, tamper: (log) => resign(rewrite(log, 11, { to: "assigned" })) },
  {
    name: "move-to-unknown-status",
    exit: 1,
    seq: 11,
    tamper: (log) => resign(rewrite(log, 11, { to: "constructor" })),
  },
  {
    name: "move-from-another-status",
    exit: 1,
    seq: 10,
    tamper: (log) => resign(rewrite(log, 10, { from: "assigned" })),
  },
  { name: "move-from-nothing", exit: 1, seq: 10, tamper: (log) => resign(rewrite(log, 10, { from: "" })) },
  { name: "first-move-from-somewhere", exit: 1, seq: 4, tamper: (log) => resign(rewrite(log, 4, { from: "ready" })) },
  { name: "first-move-into-the-middle", exit: 1, seq: 4, tamper: (log) => resign(rewrite(log, 4, { to: "running" })) },
  { name: "approval-that-cannot-be", exit: 1, seq: 2, tamper: (log) => resign(rewrite(log, 2, { to: "planning" })) },
  { name: "run-that-goes-on-after-its-end", exit: 1, seq: 39, tamper: (log) => resign(reopen(log)) },
  { name: "moves-told-in-another-order", exit: 1, seq: 6, tamper: (log) => resign(swapCounters(log, 6)) },
  { name: "move-left-out", exit: 1, seq: 6, tamper: (log) => resign(renumber(drop(log, 5))) },
];

function reopen(log: SampleExport): SampleExport {
  const { run_id: subject_id = "" } = eventAt(log, 39).columns;
  return rewrite(log, 39, { subject_type: "run", subject_id, from: "completed", to: "executing" });
}

/** Two events keep their transactions, and so their places, and tell another order of what happened. */
function swapCounters(log: SampleExport, seq: number): SampleExport {
  const [one = "", other = ""] = [eventAt(log, seq).columns.id, eventAt(log, seq + 1).columns.id];
  rewrite(log, seq, { id: one.slice(0, 24) + other.slice(24) });
  return rewrite(log, seq + 1, { id: other.slice(0, 24) + one.slice(24) });
}

/** Signed by whoever holds the key: seals of runs that do not say what is there. */
const SEALS: ExportTampering[] = [
  ...each(["37", "39", "038", ""], (count) => ({
    name: `seal-count-${count || "empty"}`,
    exit: 1,
    seq: 38,
    tamper: (log) => resign(sealSays(log, { count })),
  })),
  ...each(["36", "38", "93", "-1", "037", "x"], (through_seq) => ({
    name: `seal-through-${through_seq}`,
    exit: 1,
    seq: 38,
    tamper: (log) => resign(sealSays(log, { through_seq })),
  })),
  { name: "seal-root", exit: 1, seq: 38, tamper: (log) => resign(sealSays(log, { root: "0".repeat(64) })) },
  { name: "seal-of-nothing", exit: 1, seq: 38, tamper: (log) => resign(rewrite(log, 38, { set: {} })) },
  { name: "seal-of-another-run", exit: 1, seq: 38, tamper: (log) => resign(rewrite(log, 38, { subject_id: "other" })) },
  {
    name: "seal-of-another-type",
    exit: 1,
    seq: 38,
    tamper: (log) => resign(rewrite(log, 38, { subject_type: "run" })),
  },
  { name: "seal-of-no-run", exit: 1, seq: 38, tamper: (log) => resign(rewrite(log, 38, { run_id: "" })) },
  { name: "event-of-sealed-run-left-out", exit: 1, seq: 37, tamper: (log) => resign(renumber(drop(log, 32))) },
  { name: "event-of-sealed-run-moved-out", exit: 1, seq: 38, tamper: (log) => resign(rewrite(log, 8, { run_id: "" })) },
  {
    name: "event-of-sealed-run-changed",
    exit: 1,
    seq: 38,
    tamper: (log) => resign(rewrite(log, 8, { actor_id: "x" })),
  },
];

function sealSays(log: SampleExport, said: Record<string, string>): SampleExport {
  return rewrite(log, 38, { set: { ...setOf(log, 38), ...said } });
}

export const ORDER_TAMPERINGS = [...PLACES, ...MOVES, ...SEALS];
