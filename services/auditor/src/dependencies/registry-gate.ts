import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Log } from "@aura/shared/log";
import type { Ecosystem } from "@aura/shared/schemas/dependencies";
import { ZodError } from "zod";
import { readBoundedText } from "../bounded-text.ts";
import { listenOnSocket } from "../unix-listener.ts";
import { OpenSession, type SessionOpened } from "./gate-protocol.ts";
import { GateSession } from "./gate-session.ts";
import { INDEX_TYPE } from "./pypi-index.ts";
import { Upstream } from "./upstream.ts";

const SESSION_MS = 15 * 60_000;
const SESSIONS_MAX = 16;
const REQUEST_BYTES_MAX = 1024 * 1024;
const PYPI_FILES = "https://files.pythonhosted.org";

export interface GateSettings {
  /** Base address of each registry; null: none is asked. */
  readonly registries: Readonly<Record<Ecosystem, string | null>>;
  readonly log: Log;
}

/**
 * The only way from a package manager to a registry: answers as one, fetches from the configured ones alone, hands out
 * nothing but versions and names that the rules of the session let through, with the bytes that the registry promised,
 * and remembers what it handed out. It runs no code of any package.
 *
 * `POST /sessions`, `GET|DELETE /sessions/<id>` for the Auditor; `/<id>/npm/...` and `/<id>/pypi/...` for npm and pip.
 *
 * @param socketPath made afresh, 0660: whoever shares the group may use it
 */
export async function openRegistryGate(settings: GateSettings, socketPath: string): Promise<Server> {
  const sessions = new Sessions(settings);
  const server = createServer((request, response) => {
    response.on("error", () => undefined); // clients that hang up
    route(sessions, request, response).catch((error) => {
      settings.log.warn({ err: error, url: request.url }, "the registry gate could not answer");
      reply(response, isBadRequest(error) ? 400 : 502);
    });
  });
  await listenOnSocket(server, socketPath);
  return server;
}

class Sessions {
  private readonly settings: GateSettings;
  private readonly open = new Map<string, { readonly session: GateSession; readonly until: number }>();

  constructor(settings: GateSettings) {
    this.settings = settings;
  }

  async start(request: OpenSession): Promise<SessionOpened | null> {
    for (const [id, { until }] of this.open) if (until < Date.now()) this.open.delete(id);
    if (this.open.size >= SESSIONS_MAX) return null;
    const registry = this.settings.registries[request.ecosystem];
    if (registry === null) return switchedOff(request);
    const upstream = new Upstream(originsOf(registry));
    const session = new GateSession({ open: request, upstream, registry });
    this.open.set(session.id, { session, until: Date.now() + SESSION_MS });
    const refusals = await session.checkPlanned();
    return { id: session.id, registry, refusals, unavailable: session.record().unavailable };
  }

  find(id: string): GateSession | null {
    return this.open.get(id)?.session ?? null;
  }

  end(id: string): void {
    this.open.delete(id);
  }
}

function switchedOff({ ecosystem, dependencies }: OpenSession): SessionOpened {
  const variable = ecosystem === "npm" ? "AURA_NPM_REGISTRY" : "AURA_PYPI_INDEX";
  const reason = `cannot be installed here: ${variable} is none`;
  return {
    id: "none",
    registry: "none",
    refusals: dependencies.map(({ name }) => ({ name, reason })),
    unavailable: null,
  };
}

/** PyPI keeps its files on a host of their own; of every other registry only the registry itself is asked. */
function originsOf(registry: string): string[] {
  const { origin, hostname } = new URL(registry);
  return hostname === "pypi.org" ? [origin, PYPI_FILES] : [origin];
}

async function route(sessions: Sessions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [first = "", second = "", ...rest] = (request.url ?? "").split("?")[0]?.split("/").slice(1) ?? [];
  if (first === "sessions") return control(sessions, request, response, second);
  const session = sessions.find(first);
  if (session === null || request.method !== "GET") return reply(response, 404);
  const host = `http://${request.headers.host ?? "127.0.0.1"}/${first}`;
  try {
    if (second === "npm") await npm(session, `${host}/npm`, rest, response);
    else if (second === "pypi") await pypi(session, `${host}/pypi`, rest, response);
    else reply(response, 404);
  } catch (error) {
    session.isAway(error);
    throw error;
  }
}

async function control(
  sessions: Sessions,
  request: IncomingMessage,
  response: ServerResponse,
  id: string,
): Promise<void> {
  if (request.method === "POST" && id === "") {
    const opened = await sessions.start(
      OpenSession.parse(JSON.parse(await readBoundedText(request, REQUEST_BYTES_MAX))),
    );
    return opened === null ? reply(response, 503) : json(response, opened);
  }
  const session = sessions.find(id);
  if (session === null) return reply(response, 404);
  if (request.method === "DELETE") sessions.end(id);
  else if (request.method !== "GET") return reply(response, 405);
  json(response, session.record());
}

/** `/<name>` is a packument; `/<name>/-/<version>.tgz` an archive. */
async function npm(
  session: GateSession,
  base: string,
  path: readonly string[],
  response: ServerResponse,
): Promise<void> {
  const parts = path.map(decodeURIComponent).join("/").split("/");
  const name = parts[0]?.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? "");
  const rest = parts.slice(name.split("/").length);
  const packument = await session.packument(name);
  if (packument === null) return reply(response, 404);
  if (rest.length === 0) {
    const versions = [...packument.manifests].map(([version, manifest]) => {
      const integrity = packument.archives.get(version)?.integrity;
      return [version, { ...manifest, dist: { tarball: `${base}/${name}/-/${version}.tgz`, integrity } }];
    });
    return json(response, { name, "dist-tags": packument.tags, versions: Object.fromEntries(versions) });
  }
  const archive = packument.archives.get(rest[1]?.replace(/\.tgz$/, "") ?? "");
  if (rest[0] !== "-" || archive === undefined) return reply(response, 404);
  bytes(response, await session.npmArchive(archive));
}

/** `/simple/<name>/` lists wheels; `/files/<name>/<file>` is one. */
async function pypi(
  session: GateSession,
  base: string,
  path: readonly string[],
  response: ServerResponse,
): Promise<void> {
  const [kind, name = "", file = ""] = path.map(decodeURIComponent);
  const index = kind === "simple" || kind === "files" ? await session.index(name) : null;
  if (index === null) return reply(response, 404);
  if (kind === "simple") {
    const files = [...index.wheels.values()].map((wheel) => ({
      filename: wheel.filename,
      url: `${base}/files/${name}/${encodeURIComponent(wheel.filename)}`,
      hashes: { sha256: wheel.sha256 },
      ...(wheel.requiresPython === null ? {} : { "requires-python": wheel.requiresPython }),
    }));
    return json(response, { meta: { "api-version": "1.0" }, name, files }, INDEX_TYPE);
  }
  const wheel = index.wheels.get(file);
  if (wheel === undefined) return reply(response, 404);
  bytes(response, await session.wheel(wheel));
}

function json(response: ServerResponse, value: unknown, type = "application/json"): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(200, { "content-type": type, "content-length": body.length });
  response.end(body);
}

function bytes(response: ServerResponse, body: Buffer): void {
  response.writeHead(200, { "content-type": "application/octet-stream", "content-length": body.length });
  response.end(body);
}

function reply(response: ServerResponse, status: number): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ error: status === 404 ? "Not found" : "The gate could not answer" }));
}

function isBadRequest(error: unknown): boolean {
  return error instanceof ZodError || error instanceof SyntaxError || error instanceof RangeError;
}
