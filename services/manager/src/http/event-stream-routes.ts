import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Pool } from "@aura/shared/postgres/client";
import { AuraError } from "@aura/shared/problems";
import type { AuditEvent } from "@aura/shared/schemas/api/audit-event";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { readLogSize, readNumberedEvents } from "../db/read-audit-statements.ts";
import { authenticateKey } from "../db/read-key-statements.ts";
import { type Caller, callerOf } from "./access.ts";
import { addRoute } from "./add-route.ts";
import type { AppDeps } from "./app-deps.ts";
import { openEventFeed } from "./event-feed.ts";

/** Streams that one Manager serves at once; more are told to come back. */
const STREAMS_MAX = 100;
/** Of one key, so that it leaves room for the others. */
const KEY_STREAMS_MAX = 50;
const HEARTBEAT_MS = 15_000;
/** A client that takes nothing for so long is dropped; it resumes with Last-Event-ID. */
const SLOW_CLIENT_MS = 10_000;
const BATCH = 200;

type Filter = Parameters<typeof readNumberedEvents>[2];

/** The log as it grows, in its order. Nothing is kept for a client: its position is the sequence it saw last. */
export function addEventStreamRoutes(
  app: FastifyInstance,
  { pool, log, event_heartbeat_ms: heartbeatMs = HEARTBEAT_MS }: AppDeps,
): void {
  const feed = openEventFeed(pool, log);
  const open = new Map<AbortController, string>();
  app.addHook("preClose", async () => {
    for (const stream of open.keys()) stream.abort();
    feed.close();
  });

  addRoute(app, OPERATIONS.streamEvents, async ({ query, request, reply }) => {
    if (open.size >= STREAMS_MAX) throw new AuraError("rate_limited", "too many event streams are open");
    const { key_id } = callerOf(request);
    const own = [...open.values()].filter((id) => id === key_id).length;
    if (own >= KEY_STREAMS_MAX) throw new AuraError("rate_limited", "this key has too many event streams open");
    const stream = new AbortController();
    const isAllowed = () => isStillAllowed(pool, callerOf(request));
    open.set(stream, key_id); // before anything is waited for: others who ask meanwhile must see it
    reply.raw.once("close", () => stream.abort());
    try {
      const size = await readLogSize(pool);
      const asked = lastEventId(request) ?? query.after ?? size - 1;
      const filter = { run_id: query.run_id ?? null, ...typesOf(query.types) };
      reply.hijack();
      reply.raw.writeHead(200, STREAM_HEADERS);
      // A position beyond the log comes from another database: the client must read its state again.
      reply.raw.write(asked >= size ? "event: reset\ndata: {}\n\n" : ": open\n\n");
      pump(reply.raw, Math.min(asked, size - 1), filter, isAllowed, stream.signal)
        .catch((error: unknown) => log.warn({ err: error, request_id: request.id }, "an event stream ended early"))
        .finally(() => {
          open.delete(stream);
          reply.raw.end();
        });
      return reply;
    } catch (error) {
      open.delete(stream);
      throw error;
    }
  });

  async function pump(
    raw: ServerResponse,
    from: number,
    filter: Filter,
    isAllowed: () => Promise<boolean>,
    signal: AbortSignal,
  ): Promise<void> {
    let position = from;
    let checkedAt = performance.now();
    while (!signal.aborted) {
      if (performance.now() - checkedAt >= heartbeatMs) {
        if (!(await isAllowed())) return;
        checkedAt = performance.now();
      }
      const size = await feed.beyond(position + 1, heartbeatMs, signal);
      if (signal.aborted) return;
      if (size === null) {
        await write(raw, ": heartbeat\n\n", signal);
        continue;
      }
      const events = await readNumberedEvents(pool, { after: position, before: size, limit: BATCH }, filter);
      if (events.length > 0) await write(raw, events.map(frame).join(""), signal);
      position = events.length < BATCH ? size - 1 : (events.at(-1)?.seq ?? position);
    }
  }
}

/** A stream outlives the request that opened it: a key that was revoked since, or a session that ended, ends it too. */
async function isStillAllowed(pool: Pool, { presented_key, expires_at }: Caller): Promise<boolean> {
  if (expires_at !== null && Date.parse(expires_at) <= Date.now()) return false;
  return (await authenticateKey(pool, presented_key)) !== null;
}

const STREAM_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "x-accel-buffering": "no",
};

/** No `event:` line: every kind reaches a plain onmessage, and its type stands in the data. */
function frame(event: AuditEvent): string {
  return `id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`;
}

async function write(raw: ServerResponse, text: string, signal: AbortSignal): Promise<void> {
  if (raw.write(text)) return;
  await once(raw, "drain", { signal: AbortSignal.any([signal, AbortSignal.timeout(SLOW_CLIENT_MS)]) });
}

function lastEventId(request: FastifyRequest): number | null {
  const text = request.headers["last-event-id"];
  if (text === undefined || text === "") return null;
  if (typeof text === "string" && /^\d{1,15}$/.test(text)) return Number(text);
  throw new AuraError("validation_failed", "Last-Event-ID: not a sequence of this log", {
    issues: [{ path: "header.last-event-id", code: "invalid_format", message: "a whole number" }],
  });
}

/** `task.*` stands for a whole subject type; without types everything passes. */
function typesOf(types: string | undefined): Pick<Filter, "types" | "subjects"> {
  if (types === undefined) return { types: null, subjects: [] };
  const words = types.split(",").map((word) => word.trim());
  return {
    types: words.filter((word) => !word.endsWith(".*")),
    subjects: words.filter((word) => word.endsWith(".*")).map((word) => word.slice(0, -2)),
  };
}
