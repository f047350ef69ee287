import { exportText, type SampleExport } from "@aura/shared/testing/sample-log";
import { type ExportTampering, renumber } from "./edits.ts";

/** Files that are no whole export. */
export const FILE_TAMPERINGS: ExportTampering[] = [
  { name: "file-empty", exit: 2, tamper: () => "" },
  { name: "file-of-something-else", exit: 2, tamper: () => "<html>\n" },
  {
    name: "file-of-unknown-format",
    exit: 2,
    tamper: (log) => exportText({ ...log, head: { ...log.head, format: "aura-export/2" } }),
  },
  { name: "first-line-missing", exit: 2, tamper: (log) => exportText(log).split("\n").slice(1).join("\n") },
  { name: "first-line-twice", exit: 1, seq: 0, tamper: (log) => `${JSON.stringify(log.head)}\n${exportText(log)}` },
  { name: "first-line-of-another-log", exit: 1, tamper: (log) => headSays(log, { origin: `${log.head.origin}0` }) },
  { name: "first-line-of-another-size", exit: 1, tamper: (log) => headSays(log, { size: 93 }) },
  { name: "first-line-with-another-key", exit: 1, tamper: (log) => headSays(log, { note: "" }) },
  { name: "truncated-in-a-line", exit: 2, tamper: (log) => exportText(log).slice(0, 30_000) },
  { name: "truncated-before-last-newline", exit: 2, tamper: (log) => exportText(log).slice(0, -1) },
  {
    name: "truncated-after-an-event",
    exit: 2,
    tamper: (log) => `${exportText(log).split("\n").slice(0, 50).join("\n")}\n`,
  },
  { name: "end-missing", exit: 2, tamper: (log) => `${exportText(log).split("\n").slice(0, -2).join("\n")}\n` },
  { name: "end-twice", exit: 1, tamper: (log) => `${exportText(log)}${JSON.stringify(log.end)}\n` },
  { name: "end-with-wrong-events", exit: 1, tamper: (log) => ({ ...log, end: { ...log.end, events: 95 } }) },
  { name: "end-with-wrong-checkpoints", exit: 1, tamper: (log) => ({ ...log, end: { ...log.end, checkpoints: 6 } }) },
  { name: "end-in-the-middle", exit: 1, seq: 49, tamper: endEarly },
  { name: "checkpoint-among-events", exit: 1, tamper: (log) => checkpointEarly(log) },
  { name: "two-exports-in-a-row", exit: 1, tamper: (log) => exportText(log) + exportText(log) },
  {
    name: "events-of-two-exports",
    exit: 1,
    seq: 94,
    tamper: (log) => exportText({ ...log, events: [...log.events, ...log.events] }),
  },
  { name: "nothing-but-renumbered-end", exit: 1, seq: 0, tamper: (log) => renumber({ ...log, events: [] }) },
];

function headSays(log: SampleExport, said: object): SampleExport {
  return { ...log, head: { ...log.head, ...said } };
}

function endEarly(log: SampleExport): string {
  const lines = exportText(log).split("\n");
  return [...lines.slice(0, 50), JSON.stringify({ kind: "end", events: 49, checkpoints: 0 }), ...lines.slice(50)].join(
    "\n",
  );
}

function checkpointEarly(log: SampleExport): string {
  const lines = exportText(log).split("\n");
  return [...lines.slice(0, 21), JSON.stringify(log.checkpoints[0]), ...lines.slice(21)].join("\n");
}
