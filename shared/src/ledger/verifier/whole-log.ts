import type { Export } from "./export.ts";
import { CannotTell, type Summary, settle, Tampered } from "./findings.ts";
import { hasKeys } from "./lines.ts";
import { checkOrder, checkWitness, compareRoots, openCheckpoint, openKept, type Trust } from "./seals.ts";

/** What only a whole log shows: all its checkpoints, those that somebody kept, and its end. */
export function checkLog(read: Export, trust: Trust): Summary {
  const { head, notes, events } = read;
  const signed = notes.map((note) => openCheckpoint(note, trust));
  const newest = signed.at(-1);
  if (newest === undefined) throw new CannotTell("there is no checkpoint");
  const { leaves } = events;
  settle([
    () => checkOrder(signed),
    () => compareRoots(signed, events),
    () => compareRoots(openKept(trust, newest), events),
    ...events.checks(true),
    ...(trust.archive === null ? [] : events.payloads.archiveChecks(trust.archive)),
    () => {
      if (!hasKeys(head, "kind,format,origin,size") || head.size !== leaves.size || head.origin !== newest.origin)
        throw new Tampered(null, "its first line is not about this log");
      if (newest.size < leaves.size)
        throw new CannotTell(`${leaves.size - newest.size} events are under no checkpoint`);
      checkWitness(newest, trust);
    },
  ]);
  const { archived } = events.payloads.summary();
  const unseen = trust.archive === null && archived > 0 ? ["payloads in the archive: it was not given"] : [];
  return read.summary("export", newest, trust.kept.length, unseen);
}
