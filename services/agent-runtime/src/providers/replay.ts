import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type Provider, ProviderError } from "./port.ts";
import { RecordedCall, recordingKey } from "./recording.ts";

const Recording = z.object({
  prd_sha256: z.string(),
  calls: z.array(RecordedCall),
});

/**
 * Reads `<folder>/<name>/recording.json` of every example.
 *
 * @returns calls by key; empty when the folder does not exist
 * @throws when a recording is there but malformed: a broken example must not pass for an unknown prompt
 */
export async function readRecordings(folder: string): Promise<Map<string, RecordedCall>> {
  const calls = new Map<string, RecordedCall>();
  const entries = await readdir(folder, { withFileTypes: true }).catch(ignoreMissing);
  for (const entry of entries.filter((each) => each.isDirectory())) {
    const text = await readFile(join(folder, entry.name, "recording.json"), "utf8").catch(ignoreMissing);
    if (typeof text !== "string") continue;
    for (const call of Recording.parse(JSON.parse(text)).calls) calls.set(call.key, call);
  }
  return calls;
}

function ignoreMissing(error: NodeJS.ErrnoException): never[] {
  if (error.code === "ENOENT") return [];
  throw error;
}

/** Plays recorded replies. What was not recorded is an error that says so, never an invented answer. */
export function replayProvider(calls: ReadonlyMap<string, RecordedCall>): Provider {
  return {
    name: "replay",
    replay: true,
    async complete(request) {
      request.signal.throwIfAborted();
      const call = calls.get(recordingKey(request));
      if (call === undefined) {
        const { kind, template, task_key, turn } = request.origin;
        throw new ProviderError(
          "not_recorded",
          `no recorded reply for ${task_key} (${kind}, template ${template}, turn ${turn})`,
          { costNothing: true },
        );
      }
      return { ...call.reply, usage: call.usage };
    },
  };
}
