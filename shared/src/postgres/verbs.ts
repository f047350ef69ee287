import type { ActorKind } from "../enums/actor.ts";
import { AuraError } from "../problems.ts";
import { type Queryable, sqlState } from "./client.ts";

/** Who acts, told to every verb: events name it. `request_id` and `action_id` lead from an event to its cause. */
export interface VerbContext {
  readonly actor_kind: ActorKind;
  readonly actor_id: string;
  readonly request_id: string | null;
  readonly action_id: string | null;
}

/** For verbs that only the Manager who leads may execute: `term` is what its election gave it (bigint as text). */
export interface LeaderContext extends VerbContext {
  readonly term: string;
}

/** What became of one item: `code` is one of problems.ts, or a more precise word of the verb; null when done. */
export interface VerbOutcome {
  readonly id: string;
  readonly outcome: "done" | "refused";
  readonly code: string | null;
  readonly detail: string | null;
}

const VERB_NAME = /^[a-z][a-z0-9_]*$/;
const MALFORMED = "AU001";
const UNKNOWN_TOKEN = "AU005";
const STALE_TERM = "AU006";

/**
 * Calls a verb of database/functions that returns outcomes, one an item in the order of the call. `args` follow `ctx`;
 * hashes are Buffers, JSON arguments are objects or arrays of objects (arrays of scalars are SQL arrays).
 *
 * @throws {AuraError} `validation_failed` for a malformed call, `unauthenticated` for an unknown runtime token,
 *   `stale_term` when the Manager that calls does not lead, or not any more
 */
export function callVerb(
  db: Queryable,
  name: string,
  ctx: VerbContext,
  ...args: readonly unknown[]
): Promise<VerbOutcome[]> {
  return callVerbRows<VerbOutcome & Record<string, unknown>>(db, name, ctx, ...args);
}

/** The same for a verb that returns rows of its own. Timestamps, bigints and numerics are text. */
export async function callVerbRows<Row extends Record<string, unknown>>(
  db: Queryable,
  name: string,
  ctx: VerbContext,
  ...args: readonly unknown[]
): Promise<Row[]> {
  if (!VERB_NAME.test(name)) throw new TypeError(`not the name of a verb: ${name}`);
  const values = [ctx, ...args].map(asParameter);
  const places = values.map((_, index) => `$${index + 1}`).join(", ");
  try {
    const { rows } = await db.query<Row>(`select * from ${name}(${places})`, values);
    return rows;
  } catch (error) {
    throw toCallProblem(name, error);
  }
}

/** Arrays whose items are objects are one JSON argument; the driver would make a SQL array of them. */
function asParameter(value: unknown): unknown {
  if (!Array.isArray(value)) return isJsonObject(value) ? JSON.stringify(value) : value;
  return value.some(isJsonObject) ? JSON.stringify(value) : value;
}

function isJsonObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Buffer.isBuffer(value) && !Array.isArray(value);
}

function toCallProblem(name: string, error: unknown): unknown {
  const state = sqlState(error);
  if (state === MALFORMED)
    return new AuraError("validation_failed", `${name}: ${(error as Error).message}`, { cause: error });
  if (state === UNKNOWN_TOKEN)
    return new AuraError("unauthenticated", `${name}: unknown runtime token`, { cause: error });
  if (state === STALE_TERM)
    return new AuraError("stale_term", `${name}: ${(error as Error).message}`, { cause: error });
  return error;
}

/** Whether the caller did not lead: nothing of the call took effect, nor of its transaction. */
export function isStaleTerm(error: unknown): boolean {
  return error instanceof AuraError && error.code === "stale_term";
}

/** The one outcome of a verb with one item. */
export function onlyOutcome(outcomes: readonly VerbOutcome[]): VerbOutcome {
  const [outcome] = outcomes;
  if (outcome === undefined || outcomes.length !== 1) throw new Error(`one outcome expected, not ${outcomes.length}`);
  return outcome;
}
