import { Readable } from "node:stream";
import { AuraError } from "@aura/shared/problems";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { FastifyInstance } from "fastify";
import { readCheckpointToExport } from "../db/ledger-statements.ts";
import { exportCsv, exportLines } from "../ledger/export-lines.ts";
import { addRoute } from "./add-route.ts";
import type { AppDeps } from "./app-deps.ts";
import type { RecordRead } from "./read-records.ts";

/** Exports that are written at once; more are told to come back. */
const EXPORTS_MAX = 4;
/** A client that takes nothing for so long is dropped. */
const IDLE_MS = 30_000;

const FORMATS = {
  jsonl: { media: "application/x-ndjson; charset=utf-8", write: exportLines },
  csv: { media: "text/csv; charset=utf-8", write: exportCsv },
} as const;

export function addExportRoutes(
  app: FastifyInstance,
  { pool, export_idle_ms: idleMs = IDLE_MS }: AppDeps,
  recordRead: RecordRead,
): void {
  let writing = 0;

  addRoute(app, OPERATIONS.exportLog, async ({ query, request, reply }) => {
    if (writing >= EXPORTS_MAX) throw new AuraError("rate_limited", "too many exports are under way");
    const checkpoint = await readCheckpointToExport(pool);
    if (checkpoint === null) throw new AuraError("no_checkpoint", "the log has no signed checkpoint yet");
    await recordRead(request, "audit_export", String(checkpoint.size));
    const { media, write } = FORMATS[query.format];
    const body = Readable.from(write(pool, checkpoint), { objectMode: false });
    writing += 1;
    body.once("close", () => {
      writing -= 1;
    });
    reply.raw.setTimeout(idleMs, () => reply.raw.destroy());
    const name = `aura-log-${checkpoint.size}.${query.format}`;
    return reply.type(media).header("content-disposition", `attachment; filename="${name}"`).send(body);
  });
}
