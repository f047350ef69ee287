import { AuraError } from "@aura/shared/problems";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { runExists } from "../db/read-specification-statements.ts";
import { askHttpBackend } from "../git/http-backend.ts";
import { RepositoryCache } from "../git/repository-cache.ts";
import { addRoute } from "./add-route.ts";
import type { AppDeps } from "./app-deps.ts";
import { acceptBytes } from "./json-bodies.ts";

const PROTOCOL = /^version=[0-9]$/;
const KEPT_HEADERS = ["content-type", "cache-control", "expires", "pragma"];

/** `git clone <manager>/git/<run_id>.git`: every landed revision a commit. Read only. */
export function addGitRoutes(app: FastifyInstance, { pool }: AppDeps): void {
  const cache = new RepositoryCache(pool);
  acceptBytes(app, OPERATIONS.uploadGitPack.binary_body);
  app.addHook("onClose", () => cache.close());

  async function answer(repository: string, service: string, request: FastifyRequest, reply: FastifyReply) {
    const root = await rootOf(repository.slice(0, -".git".length));
    const { headers, url } = request;
    if (request.method === "POST" && !Buffer.isBuffer(request.body))
      throw new AuraError("unsupported_media_type", "this is for git, which sends packets of its own");
    const protocol = headers["git-protocol"];
    const answered = await askHttpBackend({
      method: request.method === "POST" ? "POST" : "GET",
      root,
      path: `/${repository}/${service}`,
      query: url.includes("?") ? url.slice(url.indexOf("?") + 1) : "",
      contentType: headers["content-type"] ?? null,
      contentEncoding: headers["content-encoding"] ?? null,
      protocol: typeof protocol === "string" && PROTOCOL.test(protocol) ? protocol : null,
      body: Buffer.isBuffer(request.body) ? request.body : null,
    });
    for (const name of KEPT_HEADERS)
      if (answered.headers[name] !== undefined) reply.header(name, answered.headers[name]);
    return reply.code(answered.status).send(answered.body);
  }

  async function rootOf(run_id: string): Promise<string> {
    const root = await cache.open(run_id);
    if (root !== null) return root;
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
