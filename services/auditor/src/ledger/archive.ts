import type { Log } from "@aura/shared/log";
import { newId } from "@aura/shared/models/ids";
import type { Pool } from "@aura/shared/postgres/client";
import { invariant } from "@aura/shared/problems";
import { archivePayloads, type OldPayload, readOldPayloads } from "../db/archive-statements.ts";
import { raiseAlarms } from "../db/event-statements.ts";
import { type PollingLoop, startPolling } from "../polling-loop.ts";
import { type ArchivedPayload, ArchiveSegment, isCommitted } from "./archive-segment.ts";
import { keepArchive, type SegmentFinding } from "./archive-upkeep.ts";
import { makeFolderDurably } from "./durable-file.ts";

/** Payloads in one segment at most; each may have a megabyte or so. */
const SEGMENT_MAX = 100;
const LOOK_MS = 3_600_000;

/**
 * Moves payloads that are older than `days` (null: none) into the archive, takes out of it what a person had erased, and looks whether
 * it is what the database says. Events and leaves stay where they are: only what hangs on them moves.
 */
export function startArchive(pool: Pool, log: Log, holder: string, folder: string, days: number | null): PollingLoop {
  const told = new Set<string>();
  const options = { name: "archive", log, idleMs: LOOK_MS, busyMs: 0 };
  return startPolling(options, async () => {
    const findings = (await keepArchive(pool, holder, folder)).filter(({ segment_id }) => !told.has(segment_id));
    if (findings.length > 0) log.error({ findings }, "the archive is not the one that was written");
    await raiseAlarms(pool, holder, findings.map(alarmOf));
    for (const { segment_id } of findings) told.add(segment_id);
    return days !== null && (await archiveOnce(pool, holder, folder, days)) > 0;
  });
}

/**
 * One segment. It is written, read back and compared with what the log committed to before anything goes in the database;
 * killed in between, the next one holds the same payloads once more.
 *
 * @returns how many payloads moved
 */
export async function archiveOnce(pool: Pool, holder: string, folder: string, days: number): Promise<number> {
  const old = await readOldPayloads(pool, days, SEGMENT_MAX);
  if (old.length === 0) return 0;
  makeFolderDurably(folder);
  const segment = new ArchiveSegment(folder, newId());
  segment.write(old.map(lineOf));
  const lines = segment.read();
  for (const [index, { event_id, env }] of old.entries()) {
    const line = lines[index];
    invariant(
      line !== undefined && isCommitted(line, env),
      `the archive holds what event ${event_id} was written with`,
    );
  }
  const event_ids = old.map(({ event_id }) => event_id);
  const { code } = await archivePayloads(pool, holder, { id: segment.id, event_ids, sha256: segment.sha256() });
  return code === null ? old.length : 0;
}

function lineOf({ event_id, salt, payload }: OldPayload): ArchivedPayload {
  return { event_id, salt: salt.toString("hex"), bytes: payload.toString("base64") };
}

function alarmOf({ segment_id, what }: SegmentFinding) {
  const description = `A segment of the archive ${what}.`;
  return {
    event_type: "archive.mismatch" as const,
    subject_type: "archive_segment",
    subject_id: segment_id,
    description,
  };
}
