import type { Queryable, Tx } from "@aura/shared/postgres/client";
import { AuraError, PROBLEMS, type ProblemCode } from "@aura/shared/problems";
import { z } from "zod";

const OutcomeRow = z.object({
  id: z.uuid().nullable(),
  outcome: z.enum(["done", "refused"]),
  code: z.string().nullable(),
  detail: z.string().nullable(),
});
export type Outcome = z.infer<typeof OutcomeRow>;

/** Who carries a director's wish into the database; the verb itself names the director after checking the key. */
export interface Carrier {
  readonly manager_id: string;
  readonly request_id: string;
  readonly presented_key: string;
}

function context(carrier: Carrier): string {
  return JSON.stringify({
    actor_kind: "manager",
    actor_id: carrier.manager_id,
    request_id: carrier.request_id,
    action_id: null,
  });
}

async function outcome(db: Queryable, text: string, values: readonly unknown[]): Promise<Outcome> {
  const { rows } = await db.query<Record<string, unknown>>(text, values);
  return OutcomeRow.parse(rows[0]);
}

/** Source: database/functions/create_project.sql */
export function createProject(db: Queryable, carrier: Carrier, name: string): Promise<Outcome> {
  return outcome(db, "select * from create_project($1, $2, $3)", [context(carrier), carrier.presented_key, name]);
}

/** `run` as the verb takes it; its blobs must be stored in the same transaction. Source: database/functions/create_run.sql */
export function createRun(tx: Tx, carrier: Carrier, run: unknown): Promise<Outcome> {
  return outcome(tx, "select * from create_run($1, $2, $3)", [
    context(carrier),
    carrier.presented_key,
    JSON.stringify(run),
  ]);
}

/**
 * One intervention with its record, in one transaction; a refused one is recorded too, so commit before throwing.
 *
 * @returns id of the director_actions row. Source: database/functions/take_director_action.sql
 */
export function takeDirectorAction(
  db: Queryable,
  carrier: Carrier,
  action: { action: string; target_id: string | null; reason: string; args: Record<string, unknown> },
): Promise<Outcome> {
  return outcome(db, "select * from take_director_action($1, $2, $3, $4, $5, $6)", [
    context(carrier),
    carrier.presented_key,
    action.action,
    action.target_id,
    action.reason,
    JSON.stringify(action.args),
  ]);
}

/** @throws {AuraError} the refusal's problem; a code without a problem of its own is a conflict with the state */
export function requireDone(result: Outcome): string {
  if (result.outcome === "done" && result.id !== null) return result.id;
  const code = result.code ?? "illegal_transition";
  const detail = result.detail ?? code.replaceAll("_", " ");
  if (Object.hasOwn(PROBLEMS, code)) throw new AuraError(code as ProblemCode, detail);
  throw new AuraError("illegal_transition", `${code}: ${detail}`);
}
