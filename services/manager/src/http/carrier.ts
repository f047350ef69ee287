import type { FastifyRequest } from "fastify";
import type { Carrier } from "../db/director-verb-statements.ts";
import { callerOf } from "./access.ts";
import type { AppFacts } from "./app-deps.ts";
import { idOfEffect } from "./idempotency.ts";

/** Carries the caller's key to a director verb, which checks it again: the Manager's word is not enough. */
export function carrierOf(request: FastifyRequest, facts: AppFacts): Carrier {
  const { presented_key } = callerOf(request);
  return { manager_id: facts.manager_id, request_id: request.id, presented_key, action_id: idOfEffect(request) };
}
