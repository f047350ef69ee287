import { derivedId } from "@aura/shared/models/ids";
import { AuraError } from "@aura/shared/problems";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { FastifyInstance } from "fastify";
import { readKey, readKeys } from "../db/read-key-statements.ts";
import { CURSOR_ID, CURSOR_TIME, pageRequest } from "../db/read-rows.ts";
import { actOnce } from "./act-once.ts";
import { addRoute } from "./add-route.ts";
import type { AppDeps } from "./app-deps.ts";
import { carrierOf } from "./carrier.ts";
import type { RecordRead } from "./read-records.ts";
import { sealOf } from "./seals.ts";

/** API keys: who may come in. The database keeps hashes, and makes each change a Director's action. */
export function addKeyRoutes(app: FastifyInstance, { pool, facts }: AppDeps, recordRead: RecordRead): void {
  addRoute(app, OPERATIONS.createKey, async ({ body, request, reply }) => {
    const { reason, ...args } = body;
    const carrier = carrierOf(request, facts);
    const target_id = derivedId("key", carrier.action_id);
    await actOnce(pool, carrier, reply, { action: "create_key", target_id, reason, args });
    return { ...(await keyById(target_id)), ...(await sealOf(pool, "api_key", target_id)) };
  });

  addRoute(app, OPERATIONS.listKeys, async ({ query, request }) => {
    const page = pageRequest(query, [CURSOR_TIME, CURSOR_ID]);
    await recordRead(request, "api_keys", "list");
    return readKeys(pool, page);
  });

  addRoute(app, OPERATIONS.revokeKey, async ({ params, body, request, reply }) => {
    const wish = { action: "revoke_key", target_id: params.key_id, reason: body.reason, args: {} };
    const row = await actOnce(pool, carrierOf(request, facts), reply, wish);
    return { ...(await keyById(params.key_id)), ...(await sealOf(pool, "director_action", row?.id ?? "")) };
  });

  async function keyById(id: string) {
    const key = await readKey(pool, id);
    if (key === null) throw new AuraError("not_found", "there is no key with this id");
    return key;
  }
}
