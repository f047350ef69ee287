import type { Queryable, Tx } from "@aura/shared/postgres/client";
import { callVerb, type VerbContext, type VerbOutcome } from "@aura/shared/postgres/verbs";
import { AuraError, invariant, PROBLEMS, type ProblemCode } from "@aura/shared/problems";

/** Who carries a director's wish into the database; the verb itself names the director after checking the key. */
export interface Carrier {
  readonly manager_id: string;
  readonly request_id: string;
  readonly presented_key: string;
  /** Id of what the wish brings about; under it the same wish takes effect once. */
  readonly action_id: string;
}

function contextOf({ manager_id, request_id, action_id }: Carrier): VerbContext {
  return { actor_kind: "manager", actor_id: manager_id, request_id, action_id };
}

async function call(db: Queryable, verb: string, carrier: Carrier, ...args: readonly unknown[]): Promise<VerbOutcome> {
  const [outcome] = await callVerb(db, verb, contextOf(carrier), carrier.presented_key, ...args);
  invariant(outcome !== undefined, `${verb} returns one outcome`);
  return outcome;
}

/** Source: database/functions/create_project.sql */
export function createProject(db: Queryable, carrier: Carrier, name: string): Promise<VerbOutcome> {
  return call(db, "create_project", carrier, name);
}

/** `run` as the verb takes it; its blobs must be stored in the same transaction. Source: database/functions/create_run.sql */
export function createRun(tx: Tx, carrier: Carrier, run: Readonly<Record<string, unknown>>): Promise<VerbOutcome> {
  return call(tx, "create_run", carrier, run);
}

export interface DirectorWish {
  readonly action: string;
  readonly target_id: string | null;
  readonly reason: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/**
 * One intervention with its record, in one transaction; a refused one is recorded too, so commit before throwing. Done
 * again under the same id, it is answered with the record of the first time.
 *
 * @returns id of the director_actions row. Source: database/functions/take_director_action.sql
 */
export function takeDirectorAction(db: Queryable, carrier: Carrier, wish: DirectorWish): Promise<VerbOutcome> {
  return call(db, "take_director_action", carrier, wish.action, wish.target_id, wish.reason, wish.args);
}

/** @throws {AuraError} the refusal's problem; a code without a problem of its own is a conflict with the state */
export function requireDone({ id, outcome, code, detail }: VerbOutcome): string {
  if (outcome === "done") return id;
  const word = code ?? "illegal_transition";
  const why = detail ?? word.replaceAll("_", " ");
  if (Object.hasOwn(PROBLEMS, word)) throw new AuraError(word as ProblemCode, why);
  throw new AuraError("illegal_transition", `${word}: ${why}`);
}
