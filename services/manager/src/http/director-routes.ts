import { readJson } from "@aura/shared/postgres/blobs";
import { AuraError } from "@aura/shared/problems";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { readApproval, readApprovals } from "../db/read-governance-statements.ts";
import { CURSOR_ID, CURSOR_TIME, pageRequest } from "../db/read-rows.ts";
import { actOnce } from "./act-once.ts";
import { addRoute } from "./add-route.ts";
import type { AppDeps } from "./app-deps.ts";
import { carrierOf } from "./carrier.ts";
import { sealOf } from "./seals.ts";

/** What a person decides, and what waits for a decision. */
export function addDirectorRoutes(app: FastifyInstance, { pool, facts }: AppDeps): void {
  addRoute(app, OPERATIONS.act, async ({ body, request, reply }) => {
    const { action, target_id, reason, ...args } = body;
    const wish = { action, target_id: target_id ?? null, reason, args };
    const row = await actOnce(pool, carrierOf(request, facts), reply, wish);
    if (row === null) throw new AuraError("internal", "the action left no record");
    return { ...row, ...(await sealOf(pool, "director_action", row.id)) };
  });

  addRoute(app, OPERATIONS.listApprovals, async ({ query }) => {
    const page = await readApprovals(pool, query, pageRequest(query, [CURSOR_TIME, CURSOR_ID]));
    return { ...page, data: page.data.map(({ content_sha256, ...approval }) => approval) };
  });

  addRoute(app, OPERATIONS.getApproval, async ({ params }) => {
    const row = await readApproval(pool, params.approval_id);
    if (row === null) throw new AuraError("not_found", "there is no approval with this id");
    const { content_sha256, ...approval } = row;
    return { ...approval, content: await readJson(pool, content_sha256, z.unknown()) };
  });
}
