import type { KeyRole } from "@aura/shared/enums/actor";
import { AuraError } from "@aura/shared/problems";
import type { AccessClass } from "@aura/shared/schemas/api/operation";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { CheckKey } from "./key-checks.ts";
import { type RateLimits, requireRateClasses } from "./rate-limits.ts";
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

export interface Guards {
  readonly limits: RateLimits;
  readonly checkKey: CheckKey;
  readonly sessions: Sessions;
}

/** Decides about every request by its route's access and rate class, and refuses to boot while a route has no access class. */
export function guardRoutes(app: FastifyInstance, guards: Guards): void {
  requireRateClasses(app);
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
  app.addHook("onRequest", async (request, reply) => {
    const { access, rate } = request.routeOptions.config;
    if (!request.is404 && rate === "none") return;
    if (request.is404 || access === "public") return guards.limits.takeAnonymous(request, reply);
    request.caller = await authenticate(request, reply, guards);
    allow(request.caller, access);
    if (rate === "heavy") guards.limits.takeHeavyCall(request.caller.key_id, reply);
  });
}

/** @throws {AuraError} `internal` on a public route: a bug, found by the first request of any test */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new AuraError("internal", "this operation has no caller");
  return request.caller;
}

async function authenticate(request: FastifyRequest, reply: FastifyReply, guards: Guards): Promise<Caller> {
  const shown = credentialsOf(request, guards.sessions);
  if (shown === null) {
    guards.limits.takeAnonymous(request, reply);
    throw new AuraError("unauthenticated", "the request carries no API key and no valid session");
  }
  const { key: presented_key, expires_at } = shown;
  const key = await guards.checkKey(request, reply, presented_key);
  if (expires_at !== null) requireOwnPage(request);
  return { ...key, presented_key, expires_at };
}

/** A key in the request's headers, else the one in its session; null where neither is there. */
function credentialsOf(request: FastifyRequest, sessions: Sessions) {
  const key = presentedKey(request, request.routeOptions.config.basic === true);
  if (key !== null) return { key, expires_at: null };
  return request.headers.authorization === undefined ? sessions.open(request) : null;
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
