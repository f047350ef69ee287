import { AuraError } from "@aura/shared/problems";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { FastifyInstance } from "fastify";
import { authenticateKey } from "../db/read-key-statements.ts";
import { callerOf } from "./access.ts";
import { addRoute } from "./add-route.ts";
import type { AppDeps } from "./app-deps.ts";
import type { Sessions } from "./sessions.ts";

/** Logging in and out of the page. The key itself is asked for again with every request, so a revoked one ends at once. */
export function addSessionRoutes(app: FastifyInstance, { pool }: AppDeps, sessions: Sessions): void {
  addRoute(app, OPERATIONS.startSession, async ({ body, reply }) => {
    const key = await authenticateKey(pool, body.key);
    if (key === null) throw new AuraError("unauthenticated", "the API key is unknown, expired or revoked");
    const { cookie, expires_at } = sessions.begin(body.key);
    reply.header("set-cookie", cookie);
    return { ...key, expires_at };
  });

  addRoute(app, OPERATIONS.getSession, async ({ request }) => {
    const { key_id, name, role, expires_at } = callerOf(request);
    return { key_id, name, role, expires_at };
  });

  addRoute(app, OPERATIONS.endSession, async ({ reply }) => {
    reply.header("set-cookie", sessions.end());
    return { status: "ended" as const };
  });
}
