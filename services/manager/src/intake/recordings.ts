import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** The part of a recording that tells for which hand-in it was made. */
const RecordingHead = z.object({
  prd_sha256: z.string(),
  attachments: z.array(z.object({ path: z.string(), sha256: z.string() })).default([]),
});

/** What provider `replay` can play: recordings of the shipped examples, by what was handed in. */
export interface RecordingIndex {
  /** @param attachments in any order; they must be the recorded ones, by path and content */
  has(prd_sha256: string, attachments: readonly { path: string; sha256: string }[]): Promise<boolean>;
}

/**
 * Reads `<folder>/<name>/recording.json`, each file again only when it changed, because recordings are megabytes.
 * A missing folder and an unreadable recording count as nothing recorded.
 */
export function openRecordings(folder: string): RecordingIndex {
  const known = new Map<string, { changed_ms: number; fingerprint: string | null }>();
  return {
    async has(prd_sha256, attachments) {
      const wanted = fingerprint(prd_sha256, attachments);
      for (const name of await readdir(folder).catch(() => [] as string[])) {
        const file = join(folder, name, "recording.json");
        const changed_ms = await stat(file).then(
          (facts) => facts.mtimeMs,
          () => null,
        );
        if (changed_ms === null) continue;
        if (known.get(file)?.changed_ms !== changed_ms)
          known.set(file, { changed_ms, fingerprint: await fingerprintOf(file) });
        if (known.get(file)?.fingerprint === wanted) return true;
      }
      return false;
    },
  };
}

async function fingerprintOf(file: string): Promise<string | null> {
  try {
    const head = RecordingHead.parse(JSON.parse(await readFile(file, "utf8")));
    return fingerprint(head.prd_sha256, head.attachments);
  } catch {
    return null;
  }
}

function fingerprint(prd_sha256: string, attachments: readonly { path: string; sha256: string }[]): string {
  const names = attachments.map(({ path, sha256 }) => `${path}\u0000${sha256}`).sort();
  return JSON.stringify([prd_sha256, names]);
}
