import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { AuraError } from "@aura/shared/problems";
import type { FastifyInstance, FastifyReply } from "fastify";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Only what was built may run, and only this origin may be asked. */
const POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

/** Names of assets carry a hash of their content: what has the name is the same for ever. */
const ASSET = /^[\w-]+\.(?:js|css|svg)$/;
const FOR_EVER = "public, max-age=31536000, immutable";

/** The dashboard's page, open to all: what it shows it asks the API for. Without a built page the API is there all the same. */
export function addPageRoutes(app: FastifyInstance, folder: string): void {
  const open = { config: { access: "public", rate: "standard" } as const, schema: { hide: true } };

  app.get("/", open, async (_request, reply) => {
    const page = await readOrNull(join(folder, "index.html"));
    if (page !== null) return sendFile(reply, "index.html", page, "no-cache");
    const error = await readOrNull(join(folder, "build-error.txt"));
    return sendFile(reply.code(503), "missing.html", missingPage(error?.toString("utf8") ?? null), "no-store");
  });

  app.get("/favicon.svg", open, async (_request, reply) => asset(reply, "favicon.svg", "no-cache"));

  app.get<{ Params: { file: string } }>("/assets/:file", open, async ({ params }, reply) => {
    if (!ASSET.test(params.file)) throw new AuraError("not_found", "the page has no such file");
    return asset(reply, join("assets", params.file), FOR_EVER);
  });

  async function asset(reply: FastifyReply, path: string, caching: string): Promise<FastifyReply> {
    const body = await readOrNull(join(folder, path));
    if (body === null) throw new AuraError("not_found", "the page has no such file");
    return sendFile(reply, path, body, caching);
  }
}

function sendFile(reply: FastifyReply, path: string, body: Buffer | string, caching: string): FastifyReply {
  return reply
    .type(TYPES[extname(path)] ?? "application/octet-stream")
    .header("content-security-policy", POLICY)
    .header("cache-control", caching)
    .send(body);
}

async function readOrNull(path: string): Promise<Buffer | null> {
  return readFile(path).catch(() => null);
}

function missingPage(error: string | null): string {
  const why = error === null ? "It has not been built." : "Building it failed:";
  const detail = error === null ? "" : `<pre>${escaped(error)}</pre>`;
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Aura_Orchestra</title>
<h1>The dashboard is not here</h1><p>${why}</p>${detail}
<p>Build it with <code>npm run build -w ui/web</code> and load this page again. The REST API works without it: see <a href="/docs">/docs</a>.</p></html>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
