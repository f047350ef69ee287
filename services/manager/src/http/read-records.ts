import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "@aura/shared/postgres/client";
import type { VerbOutcome } from "@aura/shared/postgres/verbs";
import { AuraError } from "@aura/shared/problems";
import type { FastifyRequest } from "fastify";
import { type ObjectRead, recordReads } from "../db/object-read-statements.ts";
import { callerOf } from "./access.ts";

/** Reads of about the same time are written together: one call of the database for all of them. */
const GATHER_MS = 4;
const BATCH_MAX = 500;

type Subject = ObjectRead["subject_type"];

/**
 * Writes into the log that the caller reads something sensitive. Await it before anything of it is given out.
 *
 * @throws {AuraError} `log_unavailable` when it could not be written, `unauthenticated` when the key was revoked meanwhile
 */
export type RecordRead = (request: FastifyRequest, subject_type: Subject, subject_id: string) => Promise<void>;

interface Waiting {
  readonly read: ObjectRead;
  readonly settle: (outcome: VerbOutcome | undefined) => void;
  readonly fail: (error: unknown) => void;
}

export function openReadRecords(pool: Pool, managerId: string): RecordRead {
  let waiting: Waiting[] = [];

  async function flush(): Promise<void> {
    await sleep(GATHER_MS);
    const gathered = waiting;
    waiting = [];
    for (let at = 0; at < gathered.length; at += BATCH_MAX) void write(gathered.slice(at, at + BATCH_MAX));
  }

  async function write(batch: readonly Waiting[]): Promise<void> {
    try {
      const reads = batch.map(({ read }) => read);
      const outcomes = await recordReads(pool, managerId, reads);
      batch.forEach(({ settle }, index) => void settle(outcomes[index]));
    } catch (error) {
      for (const { fail } of batch) fail(error);
    }
  }

  function enqueue(read: ObjectRead): Promise<VerbOutcome | undefined> {
    return new Promise((settle, fail) => {
      waiting.push({ read, settle, fail });
      if (waiting.length === 1) void flush();
    });
  }

  return async (request, subject_type, subject_id) => {
    const { presented_key } = callerOf(request);
    const read = { presented_key, request_id: request.id, subject_type, subject_id };
    const outcome = await enqueue(read).catch((cause: unknown) => {
      throw new AuraError("log_unavailable", "that this is read could not be recorded", { cause });
    });
    if (outcome?.code === "unauthenticated")
      throw new AuraError("unauthenticated", "the API key is unknown, expired or revoked");
    if (outcome?.outcome !== "done") throw new AuraError("log_unavailable", "that this is read was not recorded");
  };
}
