import type { Log } from "@aura/shared/log";
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from "fastify";
import { addCheckpoint, type WitnessDeps } from "./add-checkpoint.ts";

const BODY_BYTES_MAX = 64 * 1024;
const ID = /^[0-9a-f]{64}$/;

/**
 * The witness over HTTP: C2SP tlog-witness (`/add-checkpoint`, and `/<sha256 of the log's name>/checkpoint` for whoever
 * wants to compare), its public key, and its health.
 */
export function buildWitness(deps: WitnessDeps & { readonly log: Log; readonly version: string }): FastifyInstance {
  const app = Fastify({ loggerInstance: deps.log as FastifyBaseLogger, bodyLimit: BODY_BYTES_MAX });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
  const quiet = { logLevel: "warn" } as const; // asked every few seconds
  app.get("/healthz", quiet, async () => ({ status: "ok" }));
  app.get("/version", quiet, async () => ({ service: "witness", version: deps.version }));
  app.get("/readyz", quiet, async () => ({ status: "ready", logs: new Set(deps.keys().map(({ name }) => name)).size }));
  app.get("/key", quiet, async (_request, reply) => reply.type("text/plain").send(`${deps.signer.verifier.text}\n`));

  app.post("/add-checkpoint", quiet, async (request, reply) => {
    const { status, body, isSize } = await addCheckpoint(deps, String(request.body ?? ""));
    if (status !== 200 && status !== 409) deps.log.warn({ status, why: body.trim() }, "a checkpoint was not cosigned");
    return reply
      .code(status)
      .type(isSize ? "text/x.tlog.size" : "text/plain; charset=utf-8")
      .send(body);
  });

  app.get<{ Params: { id: string } }>("/:id/checkpoint", quiet, async ({ params }, reply) => {
    const kept = ID.test(params.id) ? deps.kept.read(params.id) : null;
    if (kept === null) return reply.code(404).type("text/plain").send("no checkpoint of such a log was seen\n");
    return reply.type("text/plain; charset=utf-8").send(kept.note);
  });
  return app;
}
