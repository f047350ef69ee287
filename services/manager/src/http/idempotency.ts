import { canonicalJson, sha256Hex } from "@aura/shared/models/canonical-json";
import { derivedId, newId } from "@aura/shared/models/ids";
import type { Pool } from "@aura/shared/postgres/client";
import { AuraError, invariant } from "@aura/shared/problems";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { beginIdempotent, finishIdempotent, type KeyUse } from "../db/idempotency-statements.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The Idempotency-Key that this request holds until its reply is stored; null where it holds none. */
    key_use: KeyUse | null;
  }
}

/** Header of every POST; other headers are none of its business. */
export const IdempotencyHeaders = z.looseObject({
  "idempotency-key": z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, "1 to 200 visible ASCII characters")
    .optional()
    .meta({
      description: "For 24 hours the same key with the same body replays the stored reply and does nothing again",
    }),
});

/** A reply as it is stored: what a replay must send again beside the status. */
const StoredReply = z.object({ headers: z.record(z.string(), z.string()), body: z.string() });

const KEPT_HEADERS = ["content-type", "location"] as const;

/**
 * Lets a POST with an Idempotency-Key take effect once. A well-formed request takes the key before its handler runs;
 * its reply is stored before it is sent. A failure of ours (5xx) frees the key.
 */
export function replayKeyedPosts(app: FastifyInstance, pool: Pool): void {
  app.decorateRequest("key_use", null);

  app.addHook("preHandler", async (request, reply) => {
    const use = keyUseOf(request);
    if (use === null) return;
    const { state, status, reply: stored } = await beginIdempotent(pool, use);
    switch (state) {
      case "new":
        request.key_use = use;
        return;
      case "replay":
        invariant(status !== null && stored !== null, "a stored reply has a status and a body");
        return replay(reply, status, stored);
      case "running":
        throw new AuraError("idempotency_running", "the first request with this key has not ended");
      case "conflict":
        throw new AuraError("idempotency_conflict", "the key came with another body before");
    }
  });

  app.addHook("onSend", async (request, reply, payload) => {
    const use = request.key_use;
    if (use === null) return;
    request.key_use = null;
    const isKept = reply.statusCode < 500 && typeof payload === "string";
    const kept = isKept ? { status: reply.statusCode, bytes: storedBytes(reply, payload) } : null;
    // What was done is done: a reply that could not be stored is sent all the same.
    await finishIdempotent(pool, use, kept).catch((error: unknown) =>
      request.log.warn({ request_id: request.id, err: error }, "a reply was not stored under its key"),
    );
  });
}

/**
 * Id of what this request brings about. Under an Idempotency-Key it follows from caller, key and body: after a crash between
 * the effect and its stored reply, the repeated request finds what the first one made.
 */
export function idOfEffect(request: FastifyRequest): string {
  const use = request.key_use;
  return use === null ? newId() : derivedId("effect", use.scope, use.key, use.body_sha256);
}

function keyUseOf(request: FastifyRequest): KeyUse | null {
  const key = request.headers["idempotency-key"];
  if (request.method !== "POST" || request.caller === null || typeof key !== "string") return null;
  if (request.routeOptions.config.binary) return null; // changes nothing
  const scope = `${request.caller.key_id} ${request.routeOptions.url}`;
  return { scope, key, body_sha256: sha256Hex(canonicalJson([request.url, request.body ?? null])) };
}

function storedBytes(reply: FastifyReply, body: string): Buffer {
  const named = KEPT_HEADERS.map((name) => [name, reply.getHeader(name)] as const);
  const headers = Object.fromEntries(named.filter(([, value]) => typeof value === "string"));
  return Buffer.from(JSON.stringify({ headers, body }), "utf8");
}

function replay(reply: FastifyReply, status: number, stored: Buffer): FastifyReply {
  const { headers, body } = StoredReply.parse(JSON.parse(stored.toString("utf8")));
  return reply.code(status).headers(headers).header("idempotency-replayed", "true").send(body);
}
