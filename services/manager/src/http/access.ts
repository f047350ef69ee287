import type { KeyRole } from "@aura/shared/enums/actor";
import type { Pool } from "@aura/shared/postgres/client";
import { AuraError } from "@aura/shared/problems";
import type { AccessClass } from "@aura/shared/schemas/api/operation";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { authenticateKey } from "../db/read-key-statements.ts";
import { requireOwnPage, type Sessions } from "./sessions.ts";

/** Whoever shows a valid key. The key itself goes on to director verbs, which check it again in SQL. */
export interface Caller {
  readonly key_id: string;
  readonly name: string;
  readonly role: KeyRole;
  readonly presented_key: string;
  /** End of the session that carries the key; null where the request itself carries it. */
  readonly expires_at: string | null;
}

declare module "fastify" {
  interface FastifyContextConfig {
    access?: AccessClass;
    basic?: boolean;
    /** Media type of a binary body; null where the body is JSON. */
    binary?: string | null;
  }
  interface FastifyRequest {
    caller: Caller | null;
  }
}

/** Roles that may call each class of operation. The suite is kept from services: agents must not see the tests. */
export const ROLES_ALLOWED: Readonly<Record<Exclude<AccessClass, "public">, readonly KeyRole[]>> = {
  read: ["director", "observer", "service"],
  suite: ["director", "observer"],
  direct: ["director"],
};

/** Decides about every request by its route's class, and refuses to boot while a route has none. */
export function guardRoutes(app: FastifyInstance, pool: Pool, sessions: Sessions): void {
  const undeclared: string[] = [];
  const routes: { url: string; method: string | string[]; access: () => AccessClass | undefined }[] = [];
  app.addHook("onRoute", (route) => {
    routes.push({ url: route.url, method: route.method, access: () => route.config?.access });
  });
  app.addHook("onReady", async () => {
    for (const route of routes) if (route.access() === undefined) undeclared.push(`${route.method} ${route.url}`);
    if (undeclared.length > 0) throw new Error(`routes without an access class: ${undeclared.join(", ")}`);
  });
  app.decorateRequest("caller", null);
  app.addHook("onRequest", async (request) => {
    if (request.is404) return;
    const { access, basic } = request.routeOptions.config;
    if (access === "public") return;
    request.caller = await authenticate(request, pool, sessions, basic === true);
    allow(request.caller, access);
  });
}

/** @throws {AuraError} `internal` on a public route: a bug, found by the first request of any test */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new AuraError("internal", "this operation has no caller");
  return request.caller;
}

async function authenticate(request: FastifyRequest, pool: Pool, sessions: Sessions, basic: boolean): Promise<Caller> {
  const { key: presented_key, expires_at } = credentialsOf(request, sessions, basic);
  if (presented_key.includes("\u0000")) throw new AuraError("unauthenticated", "the request carries no API key");
  const key = await authenticateKey(pool, presented_key);
  if (key === null) throw new AuraError("unauthenticated", "the API key is unknown, expired or revoked");
  return { ...key, presented_key, expires_at };
}

/** A key in the request's headers, else the one in its session. */
function credentialsOf(request: FastifyRequest, sessions: Sessions, basic: boolean) {
  const key = presentedKey(request, basic);
  if (key !== null) return { key, expires_at: null };
  const session = request.headers.authorization === undefined ? sessions.open(request) : null;
  if (session === null) throw new AuraError("unauthenticated", "the request carries no API key and no valid session");
  requireOwnPage(request);
  return session;
}

function allow(caller: Caller, access: AccessClass | undefined): void {
  const roles: readonly KeyRole[] = access === undefined || access === "public" ? [] : ROLES_ALLOWED[access];
  if (!roles.includes(caller.role))
    throw new AuraError("forbidden", `this needs a key with role ${roles.join(" or ")}; this one is ${caller.role}`);
}

function presentedKey(request: FastifyRequest, basic: boolean): string | null {
  const { authorization } = request.headers;
  const header = request.headers["x-api-key"];
  if (authorization === undefined) return typeof header === "string" && header !== "" ? header : null;
  const [scheme = "", credentials = ""] = authorization.split(/ +/, 2);
  if (/^bearer$/i.test(scheme)) return credentials === "" ? null : credentials;
  if (basic && /^basic$/i.test(scheme)) return basicPassword(credentials);
  return null;
}

function basicPassword(credentials: string): string | null {
  const text = Buffer.from(credentials, "base64").toString("utf8");
  const password = text.slice(text.indexOf(":") + 1);
  return text.includes(":") && password !== "" ? password : null;
}
