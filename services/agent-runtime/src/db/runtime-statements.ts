import type { Queryable } from "@aura/shared/postgres/client";
import { callVerbRows, type VerbContext } from "@aura/shared/postgres/verbs";
import { z } from "zod";

const Registered = z.object({ register_runtime: z.uuid() });
const Beat = z.object({ task_id: z.uuid(), held: z.boolean() });
const Accepted = z.object({
  task_id: z.uuid(),
  run_id: z.uuid(),
  kind: z.string(),
  key: z.string(),
  agent_id: z.uuid(),
  agent_slug: z.string(),
  mode: z.enum(["tools", "json"]),
  /** What the run allows, or the agent's own within it; several are separated by commas. */
  provider: z.string().nullable(),
  model: z.string().nullable(),
  attempt: z.int(),
  claim_id: z.string(),
  /** JSON TaskContext. */
  context: z.instanceof(Buffer),
});
export type AcceptedRow = z.infer<typeof Accepted>;

export interface RuntimeFacts {
  readonly name: string;
  /** 32 to 200 characters, random; the database keeps its hash. */
  readonly token: string;
  readonly capacity: number;
  readonly providers: readonly string[];
}

function actor(actor_id: string): VerbContext {
  return { actor_kind: "runtime", actor_id, request_id: null, action_id: null };
}

/** Registers this process and gives its id; the same token again gives the same id. Source: register_runtime.sql */
export async function registerRuntime(db: Queryable, runtime: RuntimeFacts): Promise<string> {
  const { name, token, capacity, providers } = runtime;
  const rows = await callVerbRows(db, "register_runtime", actor(name), name, token, capacity, providers);
  return Registered.parse(rows[0]).register_runtime;
}

/**
 * Says that this runtime is alive and renews the leases of its claims for `leaseSeconds`. Source: beat_runtime.sql
 *
 * @returns the task ids that are still held; work on any other stops at once
 * @throws {pg.DatabaseError} AU005 when the database does not know the token
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
  const beats = z.array(Beat).parse(rows);
  return new Set(beats.filter((row) => row.held).map((row) => row.task_id));
}

/** Claims tasks that were assigned to agents of this runtime, at most `limit`. Source: accept_tasks.sql */
export async function acceptTasks(
  db: Queryable,
  runtimeId: string,
  token: string,
  limit: number,
  leaseSeconds: number,
): Promise<AcceptedRow[]> {
  const rows = await callVerbRows(db, "accept_tasks", actor(runtimeId), token, limit, leaseSeconds);
  return z.array(Accepted).parse(rows);
}
