import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { FastifyInstance } from "fastify";
import { callerOf, type Guards } from "./access.ts";
import { addRoute } from "./add-route.ts";

/** Logging in and out of the page. The key itself is asked for again with every request, so a revoked one ends at once. */
export function addSessionRoutes(
  app: FastifyInstance,
  { sessions, checkKey }: Pick<Guards, "sessions" | "checkKey">,
): void {
  addRoute(app, OPERATIONS.startSession, async ({ body, request, reply }) => {
    const key = await checkKey(request, reply, body.key);
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
