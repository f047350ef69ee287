import type { Pool } from "@aura/shared/postgres/client";
import { type KnownSegment, readEnvelopes, readErased, readSegments, shrinkSegment } from "../db/archive-statements.ts";
import {
  type ArchivedPayload,
  type ArchiveSegment,
  isCommitted,
  removeOldDrafts,
  segmentsIn,
} from "./archive-segment.ts";
import { makeFolderDurably } from "./durable-file.ts";

/** A segment that is not the one that the database was told of. */
export interface SegmentFinding {
  readonly segment_id: string;
  readonly what: string;
}

/**
 * Takes out of the archive what a person had erased, and puts on record that each such segment was written anew; killed in between, the
 * next look does the rest. What differs otherwise is told.
 */
export async function keepArchive(pool: Pool, holder: string, folder: string): Promise<SegmentFinding[]> {
  makeFolderDurably(folder);
  removeOldDrafts(folder);
  const known = new Map((await readSegments(pool)).map((segment) => [segment.id, segment]));
  const there = segmentsIn(folder);
  const found: SegmentFinding[] = [];
  for (const segment of there) {
    const what = await keepSegment(pool, holder, segment, known.get(segment.id));
    if (what !== null) found.push({ segment_id: segment.id, what });
  }
  const names = new Set(there.map(({ id }) => id));
  const gone = [...known.values()].filter(({ id, payloads }) => payloads > 0 && !names.has(id));
  return [...found, ...gone.map(({ id }) => ({ segment_id: id, what: "is gone" }))];
}

/** @returns what is wrong with it */
async function keepSegment(
  pool: Pool,
  holder: string,
  segment: ArchiveSegment,
  known: KnownSegment | undefined,
): Promise<string | null> {
  const isAsKnown = known?.sha256.equals(segment.sha256()) ?? false;
  if (isAsKnown && !known?.touched) return null;
  const lines = linesOf(segment);
  if (lines === null) return "cannot be read";
  const left = await withoutErased(pool, segment, lines);
  if (known === undefined || (isAsKnown && left === lines)) return null;
  if (!(await areCommitted(pool, left))) return "holds what was not written";
  const outcome = await shrinkSegment(pool, holder, segment.id, left.length, segment.sha256());
  return outcome.code === null ? null : "lacks what nobody erased";
}

function linesOf(segment: ArchiveSegment): ArchivedPayload[] | null {
  try {
    return segment.read();
  } catch {
    return null;
  }
}

/** @returns the very `lines` where all of them stay */
async function withoutErased(
  pool: Pool,
  segment: ArchiveSegment,
  lines: ArchivedPayload[],
): Promise<ArchivedPayload[]> {
  const ids = lines.map(({ event_id }) => event_id);
  const erased = await readErased(pool, ids);
  if (erased.size === 0) return lines;
  const left = lines.filter(({ event_id }) => !erased.has(event_id));
  segment.write(left);
  return left;
}

async function areCommitted(pool: Pool, lines: readonly ArchivedPayload[]): Promise<boolean> {
  const envelopes = await readEnvelopes(
    pool,
    lines.map(({ event_id }) => event_id),
  );
  const ids = new Set(lines.map(({ event_id }) => event_id));
  return (
    ids.size === lines.length && lines.every((line) => isCommitted(line, envelopes.get(line.event_id) ?? Buffer.of()))
  );
}
