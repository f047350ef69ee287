import type { VerbContext } from "@aura/shared/postgres/verbs";

/** The `ctx` of an Auditor verb: who acts, for the events that the verb and its triggers write. */
export function auditorContext(holder: string): VerbContext {
  return { actor_kind: "auditor", actor_id: holder, request_id: null, action_id: null };
}
