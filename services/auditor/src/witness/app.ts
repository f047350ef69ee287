import type { Log } from "@aura/shared/log";
import Fastify, { type FastifyBaseLogger, type FastifyError, type FastifyInstance } from "fastify";
import { addCheckpoint, type WitnessDeps } from "./add-checkpoint.ts";

const BODY_BYTES_MAX = 64 * 1024;
/** Time in which a request must have arrived whole, in ms. */
const REQUEST_MS = 10_000;
const ID = /^[0-9a-f]{64}$/;
const TEXT = "text/plain; charset=utf-8";

/**
 * The witness over HTTP: C2SP tlog-witness (`/add-checkpoint`, and `/<sha256 of the log's name>/checkpoint` for whoever
 * wants to compare), its public key, and its health.
 */
export function buildWitness(deps: WitnessDeps & { readonly log: Log; readonly version: string }): FastifyInstance {
  const app = Fastify({
    loggerInstance: deps.log as FastifyBaseLogger,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_MS,
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.setErrorHandler<FastifyError>(({ statusCode = 500, message }, _request, reply) => {
    if (statusCode >= 500) deps.log.error({ why: message }, "the witness failed");
    return reply
      .code(statusCode)
      .type(TEXT)
      .send(statusCode < 500 ? `${message}\n` : "the witness failed\n");
  });
  const quiet = { logLevel: "warn" } as const; // asked every few seconds
  app.get("/healthz", quiet, async () => ({ status: "ok" }));
  app.get("/version", quiet, async () => ({ service: "witness", version: deps.version }));
  app.get("/readyz", quiet, async () => ({ status: "ready", logs: new Set(deps.keys().map(({ name }) => name)).size }));
  app.get("/key", quiet, async (_request, reply) => reply.type(TEXT).send(`${deps.signer.verifier.text}\n`));

  app.post<{ Body: unknown }>("/add-checkpoint", quiet, async (request, reply) => {
    const { status, body, isSize } = addCheckpoint(deps, textOf(request.body));
    if (status !== 200 && !isSize) deps.log.warn({ status, why: body.trim() }, "a checkpoint was not cosigned");
    return reply
      .code(status)
      .type(isSize ? "text/x.tlog.size" : TEXT)
      .send(body);
  });

  app.get<{ Params: { id: string } }>("/:id/checkpoint", quiet, async ({ params }, reply) => {
    const kept = ID.test(params.id) ? deps.kept.read(params.id) : null;
    if (kept === null) return reply.code(404).type(TEXT).send("no checkpoint of such a log was seen\n");
    return reply.type(TEXT).send(kept.note);
  });
  return app;
}

/** Nothing where the bytes are no text: what is signed is bytes, and must not become others on the way. */
function textOf(body: unknown): string {
  try {
    return Buffer.isBuffer(body) ? new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body) : "";
  } catch (error) {
    if (error instanceof TypeError) return "";
    throw error;
  }
}
