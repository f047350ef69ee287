import type { Queryable } from "@aura/shared/postgres/client";
import { callVerb, onlyOutcome, type VerbOutcome } from "@aura/shared/postgres/verbs";
import { actorOf, type ClaimProof } from "./attempt-statements.ts";

/** Reserves the worst case of a model call; `id` of the outcome is the call. Source: reserve_call.sql */
export async function reserveCall(
  db: Queryable,
  proof: ClaimProof,
  call: {
    readonly provider: string;
    readonly model: string;
    readonly input_tokens_max: number;
    readonly output_tokens_max: number;
    readonly request_sha256: Buffer;
  },
): Promise<VerbOutcome> {
  const { token, task_id, claim_id } = proof;
  const most = [call.input_tokens_max, call.output_tokens_max];
  const facts = [call.provider, call.model, ...most, call.request_sha256];
  return onlyOutcome(await callVerb(db, "reserve_call", actorOf(proof), token, task_id, claim_id, ...facts));
}

/** Says what a reserved call took; works on a stale claim, too. Source: settle_call.sql */
export async function settleCall(
  db: Queryable,
  proof: ClaimProof,
  call: {
    readonly call_id: string;
    readonly input_tokens: number;
    readonly output_tokens: number;
    readonly outcome: string;
    readonly reply_sha256: Buffer | null;
    readonly duration_ms: number;
  },
): Promise<VerbOutcome> {
  const facts = [call.input_tokens, call.output_tokens, call.outcome, call.reply_sha256, call.duration_ms];
  return onlyOutcome(await callVerb(db, "settle_call", actorOf(proof), proof.token, call.call_id, ...facts));
}
