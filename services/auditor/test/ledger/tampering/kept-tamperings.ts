import { signerOf } from "@aura/shared/ledger/notes";
import { frontierOf } from "@aura/shared/testing/sample-files";
import { logSigner, type SampleExport, signedNote } from "@aura/shared/testing/sample-log";
import { type ExportTampering, forged, LOG_KEYS, noteAt, recount, resign, rewrite } from "./edits.ts";

const OTHER_LOG = signerOf("aura_orchestra/01a20000-0000-7000-8000-00000000000b/1", Buffer.alloc(32, 3));

/** What somebody kept elsewhere speaks against an export that agrees with itself. */
const UNWITNESSED: ExportTampering[] = [
  { name: "kept-tail-cut", exit: 1, seq: 80, tamper: (log) => cut(log, 80, 4), kept: (log) => [noteAt(log, 6)] },
  { name: "kept-all-cut", exit: 1, seq: 20, tamper: (log) => cut(log, 20, 1), kept: (log) => [noteAt(log, 2)] },
  {
    name: "kept-of-another-history",
    exit: 1,
    seq: 0,
    tamper: (log) => resign(rewrite(log, 93, { actor_id: "x" })),
    kept: (log) => [noteAt(log, 6)],
  },
  { name: "kept-another-root", exit: 1, seq: 0, tamper: sound, kept: (log) => [otherNote(log, 60, 1)] },
  { name: "kept-of-void-generation", exit: 1, seq: 0, tamper: sound, kept: (log) => [otherNote(log, 90, 1)] },
  { name: "kept-over-later-generation", exit: 1, seq: 88, tamper: sound, kept: (log) => [noteOf(log, 94, 1)] },
  { name: "kept-longer-than-the-log", exit: 1, seq: 94, tamper: sound, kept: (log) => [longer(log)] },
  {
    name: "kept-of-another-log",
    exit: 1,
    tamper: sound,
    keys: [...LOG_KEYS, OTHER_LOG.verifier.text],
    kept: (log) => [signedNote(OTHER_LOG.verifier.name, frontierOf(log.events, 60), [OTHER_LOG])],
  },
];
const CONTRADICTED = UNWITNESSED.map((one) => ({ ...one, witnesses: [] }));

/** What a checker was given is worth nothing, or is not enough. */
const WORTHLESS: ExportTampering[] = [
  { name: "kept-with-forged-signature", exit: 2, tamper: sound, kept: (log) => [forged(noteAt(log, 3))] },
  { name: "kept-of-a-stranger", exit: 2, tamper: sound, kept: (log) => [noteOf(log, 94, 2, 66)] },
  { name: "kept-no-note", exit: 2, tamper: sound, kept: () => ["something else\n"] },
  { name: "no-key", exit: 2, tamper: sound, keys: [] },
  { name: "key-of-another-log", exit: 2, tamper: sound, keys: [OTHER_LOG.verifier.text] },
  { name: "key-of-one-generation-only", exit: 2, tamper: sound, keys: [logSigner(2).verifier.text] },
  { name: "key-malformed", exit: 2, tamper: sound, keys: ["aura_orchestra+00000000+AAAA"] },
  { name: "witness-that-did-not-sign", exit: 2, tamper: sound, witnesses: [logSigner(1, 5).verifier.text] },
];

function sound(log: SampleExport): SampleExport {
  return log;
}

/** An export that was sound when the log had `size` events. */
function cut(log: SampleExport, size: number, checkpoints: number): SampleExport {
  log.head.origin = logSigner(1).verifier.name;
  log.events.splice(size);
  log.checkpoints.splice(checkpoints);
  return recount(log);
}

function noteOf(log: SampleExport, size: number, generation: number, seed = 1): string {
  const signer = logSigner(generation, seed);
  return signedNote(signer.verifier.name, frontierOf(log.events, size), [signer]);
}

function otherNote(log: SampleExport, size: number, generation: number): string {
  return noteOf(rewrite(structuredClone(log), 0, { actor_id: "another" }), size, generation);
}

function longer(log: SampleExport): string {
  const signer = logSigner(2);
  const frontier = frontierOf([...log.events, ...log.events.slice(0, 6)]);
  return signedNote(signer.verifier.name, frontier, [signer]);
}

export const KEPT_TAMPERINGS = [...CONTRADICTED, ...WORTHLESS];
