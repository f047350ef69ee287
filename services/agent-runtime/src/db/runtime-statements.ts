import type { Queryable } from "@aura/shared/postgres/client";
import { z } from "zod";
import { type Actor, ctxOf } from "./rows.ts";

const Registered = z.object({ id: z.uuid() });
const Beat = z.object({ task_id: z.uuid(), held: z.boolean() });
const Accepted = z.object({
  task_id: z.uuid(),
  run_id: z.uuid(),
  kind: z.string(),
  key: z.string(),
  agent_id: z.uuid(),
  agent_slug: z.string(),
  mode: z.enum(["tools", "json"]),
  provider: z.string().nullable(),
  model: z.string().nullable(),
  attempt: z.int(),
  claim_id: z.string(),
  context: z.instanceof(Buffer),
});
export type AcceptedRow = z.infer<typeof Accepted>;

/** Registers this process; the same token again gives the same id. Source: database/functions/register_runtime.sql */
export async function registerRuntime(
  db: Queryable,
  runtime: { name: string; token: string; capacity: number; providers: readonly string[] },
): Promise<string> {
  const { rows } = await db.query("select register_runtime($1::jsonb, $2, $3, $4, $5::text[]) as id", [
    ctxOf({ actor_kind: "runtime", actor_id: runtime.name }),
    runtime.name,
    runtime.token,
    runtime.capacity,
    runtime.providers,
  ]);
  return Registered.parse(rows[0]).id;
}

/**
 * Says that this runtime is alive and renews the leases of its claims for `leaseSeconds`.
 *
 * @returns the task ids that are still held; work on any other stops at once
 */
export async function beatRuntime(
  db: Queryable,
  token: string,
  claims: readonly { readonly taskId: string; readonly claimId: string }[],
  leaseSeconds: number,
): Promise<Set<string>> {
  const { rows } = await db.query("select * from beat_runtime($1, $2::uuid[], $3::bigint[], $4)", [
    token,
    claims.map((claim) => claim.taskId),
    claims.map((claim) => claim.claimId),
    leaseSeconds,
  ]);
  const held = z
    .array(Beat)
    .parse(rows)
    .filter((row) => row.held);
  return new Set(held.map((row) => row.task_id));
}

/** Claims tasks that were assigned to agents of this runtime, at most `limit`. Source: accept_tasks.sql */
export async function acceptTasks(
  db: Queryable,
  actor: Actor,
  token: string,
  limit: number,
  leaseSeconds: number,
): Promise<AcceptedRow[]> {
  const { rows } = await db.query("select * from accept_tasks($1::jsonb, $2, $3, $4)", [
    ctxOf(actor),
    token,
    limit,
    leaseSeconds,
  ]);
  return z.array(Accepted).parse(rows);
}
