import { cosign } from "@aura/shared/ledger/checkpoints";
import { type Signer, signerOf } from "@aura/shared/ledger/notes";
import { frontierOf } from "@aura/shared/testing/sample-files";
import { logSigner, type SampleExport, signedNote, WITNESS } from "@aura/shared/testing/sample-log";
import { type ExportTampering, flipped, forged, LOG_KEYS, noteAt, recount, resign, rewrite, setNote } from "./edits.ts";

/** A key with the name of the log's that nobody was given. */
const STRANGER = logSigner(2, 66);
const STRANGE_WITNESS = signerOf(WITNESS.verifier.name, Buffer.alloc(32, 66), WITNESS.verifier.kind);
const OTHER_LOG = signerOf("aura_orchestra/01a20000-0000-7000-8000-00000000000b/1", Buffer.alloc(32, 3));
const [FIRST, SECOND] = [logSigner(1).verifier.name, logSigner(2).verifier.name];

/** What a log of `size` of these events signs; by default under its newest name and with its own key. */
function noteOf(log: SampleExport, size: number, origin = SECOND, signers: readonly Signer[] = [logSigner(2)]): string {
  return signedNote(origin, frontierOf(log.events, size), signers);
}

/** One with another root, signed as well. */
function forgedNote(log: SampleExport, size: number, generation: 1 | 2): string {
  const other = frontierOf(rewrite(structuredClone(log), 0, { actor_id: "another" }).events, size);
  return signedNote(logSigner(generation).verifier.name, other, [logSigner(generation)]);
}

const SIGNATURES: ExportTampering[] = [
  {
    name: "root-forged",
    exit: 1,
    tamper: (log) => editNote(log, 2, (lines) => [lines[0], lines[1], flipped(lines[2] ?? "")]),
  },
  { name: "size-forged", exit: 1, tamper: (log) => editNote(log, 6, (lines) => [lines[0], "93", lines[2]]) },
  {
    name: "origin-forged",
    exit: 1,
    tamper: (log) => editNote(log, 6, (lines) => [FIRST, lines[1], lines[2]]),
    witnesses: [],
  },
  { name: "signature-forged", exit: 1, tamper: (log) => setNote(log, 6, forged(noteAt(log, 6))) },
  { name: "signature-of-one-of-two-forged", exit: 1, tamper: (log) => setNote(log, 1, forged(noteAt(log, 1))) },
  {
    name: "signed-by-a-stranger",
    exit: 2,
    tamper: (log) => resign(log, (generation) => logSigner(generation, 66)),
    witnesses: [],
  },
  {
    name: "newest-signed-by-a-stranger",
    exit: 2,
    tamper: (log) => setNote(log, 6, noteOf(log, 94, SECOND, [STRANGER])),
    witnesses: [],
  },
  {
    name: "newest-signed-by-a-witness-alone",
    exit: 2,
    tamper: (log) => setNote(log, 6, signedNote(SECOND, frontierOf(log.events), [], [WITNESS])),
  },
  {
    name: "middle-signed-by-a-stranger",
    exit: 2,
    tamper: (log) => setNote(log, 2, noteOf(log, 60, FIRST, [logSigner(1, 66)])),
  },
  { name: "note-without-empty-line", exit: 1, tamper: (log) => setNote(log, 6, noteAt(log, 6).replace("\n\n", "\n")) },
  {
    name: "note-without-signatures",
    exit: 1,
    tamper: (log) => setNote(log, 6, `${noteAt(log, 6).split("\n\n")[0]}\n\n`),
  },
  { name: "note-with-more-lines-below", exit: 1, tamper: (log) => setNote(log, 6, `${noteAt(log, 6)}x\n`) },
  {
    name: "note-with-control-characters",
    exit: 1,
    tamper: (log) => setNote(log, 6, noteAt(log, 6).replaceAll("\n", "\r\n")),
  },
  { name: "note-a-list", exit: 1, tamper: (log) => setNote(log, 6, [noteAt(log, 6)]) },
  { name: "note-nothing", exit: 1, tamper: (log) => setNote(log, 6, null) },
];

function editNote(log: SampleExport, index: number, edit: (lines: string[]) => unknown[]): SampleExport {
  const [text = "", signatures = ""] = noteAt(log, index).split("\n\n");
  return setNote(log, index, `${edit(text.split("\n")).join("\n")}\n\n${signatures}`);
}

/** Notes that are well signed, by whoever holds the key, and cannot all be true. */
const SIGNED: ExportTampering[] = [
  { name: "middle-root-of-other-events", exit: 1, seq: 40, tamper: (log) => setNote(log, 2, forgedNote(log, 60, 1)) },
  {
    name: "newest-root-of-other-events",
    exit: 1,
    seq: 89,
    tamper: (log) => setNote(log, 6, forgedNote(log, 94, 2)),
    witnesses: [],
  },
  { name: "roots-of-two-sizes-swapped", exit: 1, seq: 20, tamper: (log) => swapRoots(log) },
  { name: "newest-rolled-back", exit: 1, tamper: (log) => setNote(log, 6, noteOf(log, 80)), witnesses: [] },
  {
    name: "newest-larger-than-the-log",
    exit: 1,
    seq: 94,
    tamper: (log) => setNote(log, 6, larger(log)),
    witnesses: [],
  },
  { name: "checkpoint-twice", exit: 1, tamper: (log) => recount(spliceNotes(log, 2, 0, noteAt(log, 2))) },
  { name: "checkpoints-swapped", exit: 1, tamper: (log) => spliceNotes(log, 2, 2, noteAt(log, 3), noteAt(log, 2)) },
  { name: "middle-dropped-checkpoint-uncounted", exit: 1, tamper: (log) => spliceNotes(log, 2, 1) },
  { name: "newest-dropped-checkpoint", exit: 2, tamper: (log) => recount(spliceNotes(log, 6, 1)), witnesses: [] },
  { name: "all-checkpoints-dropped", exit: 2, tamper: (log) => recount(spliceNotes(log, 0, 7)) },
  {
    name: "two-origins",
    exit: 1,
    tamper: (log) => setNote(log, 2, noteOf(log, 60, OTHER_LOG.verifier.name, [OTHER_LOG])),
    keys: [...LOG_KEYS, OTHER_LOG.verifier.text],
  },
  {
    name: "earlier-generation-last",
    exit: 1,
    seq: 88,
    tamper: (log) => setNote(log, 6, noteOf(log, 94, FIRST, [logSigner()])),
    witnesses: [],
  },
  { name: "later-events-under-earlier-generation", exit: 1, seq: 88, tamper: underFirst, witnesses: [] },
];

function larger(log: SampleExport): string {
  return signedNote(SECOND, frontierOf([...log.events, ...log.events.slice(0, 6)]), [logSigner(2)]);
}

function spliceNotes(log: SampleExport, index: number, count: number, ...notes: string[]): SampleExport {
  log.checkpoints.splice(index, count, ...notes.map((note) => ({ kind: "checkpoint" as const, note })));
  return log;
}

function swapRoots(log: SampleExport): SampleExport {
  const [two, three] = [frontierOf(log.events, 40), frontierOf(log.events, 60)];
  setNote(log, 1, signedNote(FIRST, { size: two.size, roots: three.roots }, [logSigner()]));
  return setNote(log, 2, signedNote(FIRST, { size: three.size, roots: two.roots }, [logSigner()]));
}

function underFirst(log: SampleExport): SampleExport {
  log.head.origin = FIRST;
  setNote(log, 5, noteOf(log, 89, FIRST, [logSigner()]));
  return setNote(log, 6, noteOf(log, 94, FIRST, [logSigner()]));
}

const WITNESSED: ExportTampering[] = [
  {
    name: "cosignature-forged",
    exit: 1,
    tamper: (log) =>
      setNote(
        log,
        6,
        cosigned(log, (line) => line.replace(/.{8}$/, "AAAAAA==")),
      ),
  },
  { name: "cosignature-of-another-time", exit: 1, tamper: (log) => setNote(log, 6, cosigned(log, backDated)) },
  {
    name: "cosignature-of-another-checkpoint",
    exit: 1,
    tamper: (log) =>
      setNote(
        log,
        6,
        cosigned(log, () => cosign("other\n0\n\n", 1, WITNESS)),
      ),
  },
  { name: "cosignature-removed", exit: 2, tamper: (log) => setNote(log, 6, noteOf(log, 94)) },
  {
    name: "cosignature-by-a-stranger",
    exit: 2,
    tamper: (log) => setNote(log, 6, signedNote(SECOND, frontierOf(log.events), [logSigner(2)], [STRANGE_WITNESS])),
  },
  {
    name: "forged-cosignature-of-older",
    exit: 1,
    tamper: (log) => setNote(log, 5, `${noteAt(log, 5)}${cosign("other\n0\n\n", 1, WITNESS)}\n`),
  },
];

function cosigned(log: SampleExport, change: (line: string) => string): string {
  const [line = ""] = noteAt(log, 6).split("\n").slice(-2);
  return noteAt(log, 6).replace(line, change(line));
}

function backDated(line: string): string {
  return line.replace(/\S+$/u, (base64) => {
    const bytes = Buffer.from(base64, "base64");
    bytes.writeBigUInt64BE(1n, 4);
    return bytes.toString("base64");
  });
}

export const CHECKPOINT_TAMPERINGS = [...SIGNATURES, ...SIGNED, ...WITNESSED];
