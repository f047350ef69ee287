import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { AuraError } from "@aura/shared/problems";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { runExists } from "../db/read-specification-statements.ts";
import { askHttpBackend } from "../git/http-backend.ts";
import { type OpenRepository, RepositoryCache } from "../git/repository-cache.ts";
import { addRoute } from "./add-route.ts";
import type { AppDeps } from "./app-deps.ts";
import { acceptBytes } from "./json-bodies.ts";

const unpack = promisify(gunzip);
const PROTOCOL = /^version=[0-9]$/;
const KEPT_HEADERS = ["content-type", "cache-control", "expires", "pragma"];

/** Requests that are answered at the same time, each with a few processes of git; more are told to come back. */
const ANSWERS_MAX = 8;
/** A client that takes nothing for so long is dropped. */
const IDLE_MS = 30_000;
/** Unpacked. What a client says it has is a line for each commit. */
const BODY_BYTES_MAX = 8 * 1024 * 1024;

/** `git clone <manager>/git/<run_id>.git`: every landed revision a commit. Read only. */
export function addGitRoutes(app: FastifyInstance, { pool, git_idle_ms: idleMs = IDLE_MS }: AppDeps): void {
  const cache = new RepositoryCache(pool);
  let answering = 0;
  acceptBytes(app, OPERATIONS.uploadGitPack.binary_body);
  app.addHook("onClose", () => cache.close());

  async function answer(repository: string, service: string, request: FastifyRequest, reply: FastifyReply) {
    if (answering >= ANSWERS_MAX) throw new AuraError("rate_limited", "too many clones are under way");
    answering += 1;
    let release = () => {
      answering -= 1;
    };
    try {
      const body = await bodyOf(request);
      const opened = await openRun(repository.slice(0, -".git".length));
      release = both(release, opened.release);
      const answered = await askHttpBackend({
        ...factsOf(request),
        root: opened.folder,
        path: `/${repository}/${service}`,
        body,
      });
      answered.body.once("close", release);
      reply.raw.setTimeout(idleMs, () => reply.raw.destroy()); // and with the answer git ends
      for (const name of KEPT_HEADERS)
        if (answered.headers[name] !== undefined) reply.header(name, answered.headers[name]);
      return reply.code(answered.status).send(answered.body);
    } catch (error) {
      release();
      throw error;
    }
  }

  async function openRun(run_id: string): Promise<OpenRepository> {
    const opened = await cache.open(run_id);
    if (opened !== null) return opened;
    if (await runExists(pool, run_id)) throw new AuraError("nothing_delivered", "nothing has landed in this run yet");
    throw new AuraError("not_found", "there is no run with this id");
  }

  addRoute(app, OPERATIONS.getGitRefs, ({ params, request, reply }) =>
    answer(params.repository, "info/refs", request, reply),
  );
  addRoute(app, OPERATIONS.uploadGitPack, ({ params, request, reply }) =>
    answer(params.repository, "git-upload-pack", request, reply),
  );
}

function both(first: () => void, second: () => void): () => void {
  return () => {
    first();
    second();
  };
}

function factsOf({ method, headers, url }: FastifyRequest) {
  const protocol = headers["git-protocol"];
  return {
    method: method === "POST" ? ("POST" as const) : ("GET" as const),
    query: url.includes("?") ? url.slice(url.indexOf("?") + 1) : "",
    contentType: headers["content-type"] ?? null,
    protocol: typeof protocol === "string" && PROTOCOL.test(protocol) ? protocol : null,
  };
}

/** Git packs long requests; unpacked here they have a bound, which git itself would not give them. */
async function bodyOf({ method, headers, body }: FastifyRequest): Promise<Buffer | null> {
  if (method !== "POST") return null;
  if (!Buffer.isBuffer(body))
    throw new AuraError("unsupported_media_type", "this is for git, which sends packets of its own");
  const coding = headers["content-encoding"]?.toLowerCase() ?? "identity";
  if (coding === "identity") return body;
  if (coding !== "gzip" && coding !== "x-gzip")
    throw new AuraError("unsupported_media_type", "git packs with gzip and nothing else");
  return unpack(body, { maxOutputLength: BODY_BYTES_MAX }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ERR_BUFFER_TOO_LARGE")
      throw new AuraError("payload_too_large", "the request is too large unpacked");
    throw new AuraError("validation_failed", "the body is not gzip");
  });
}
