import type { Queryable } from "@aura/shared/postgres/client";
import { callVerb, type VerbOutcome } from "@aura/shared/postgres/verbs";

/** What was read, and by whom: the key that was presented names the reader. */
export interface ObjectRead {
  readonly presented_key: string;
  readonly request_id: string;
  readonly subject_type: "task_evidence" | "evidence_pack" | "audit_export" | "api_keys";
  readonly subject_id: string;
}

/** Source: database/functions/record_reads.sql */
export function recordReads(db: Queryable, managerId: string, reads: readonly ObjectRead[]): Promise<VerbOutcome[]> {
  const ctx = { actor_kind: "manager", actor_id: managerId, request_id: null, action_id: null } as const;
  return callVerb(db, "record_reads", ctx, reads);
}
