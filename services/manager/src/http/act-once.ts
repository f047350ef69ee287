import type { Pool } from "@aura/shared/postgres/client";
import type { FastifyReply } from "fastify";
import { type Carrier, type DirectorWish, requireDone, takeDirectorAction } from "../db/director-verb-statements.ts";
import { readDirectorAction } from "../db/read-governance-statements.ts";

/**
 * Carries out a Director's wish. Repeated under the same id, because the first reply was lost, the wish does nothing
 * again: the reply is made of the record of the first time, and says so.
 *
 * @returns the record; null only when nothing was recorded
 * @throws {AuraError} the refusal's problem
 */
export async function actOnce(pool: Pool, carrier: Carrier, reply: FastifyReply, wish: DirectorWish) {
  const outcome = await takeDirectorAction(pool, carrier, wish);
  const row = await readDirectorAction(pool, outcome.id);
  if (row !== null && row.request_id !== carrier.request_id) reply.header("idempotency-replayed", "true");
  requireDone(outcome);
  return row;
}
