import type { Queryable } from "@aura/shared/postgres/client";
import { type Actor, type ClaimProof, ctxOf, onlyOutcome, type VerbOutcome } from "./rows.ts";

/** Reserves the worst case of a model call; `id` of the outcome is the call. Source: reserve_call.sql */
export async function reserveCall(
  db: Queryable,
  actor: Actor,
  proof: ClaimProof,
  call: {
    readonly provider: string;
    readonly model: string;
    readonly input_tokens_max: number;
    readonly output_tokens_max: number;
    readonly request_sha256: Buffer;
  },
): Promise<VerbOutcome> {
  const { rows } = await db.query(
    "select * from reserve_call($1::jsonb, $2, $3::uuid, $4::bigint, $5, $6, $7::bigint, $8::bigint, $9::bytea)",
    [
      ctxOf(actor),
      proof.token,
      proof.task_id,
      proof.claim_id,
      call.provider,
      call.model,
      call.input_tokens_max,
      call.output_tokens_max,
      call.request_sha256,
    ],
  );
  return onlyOutcome(rows);
}

/** Says what a reserved call cost; works on a stale claim, too. Source: settle_call.sql */
export async function settleCall(
  db: Queryable,
  actor: Actor,
  token: string,
  call: {
    readonly call_id: string;
    readonly input_tokens: number;
    readonly output_tokens: number;
    readonly outcome: string;
    readonly reply_sha256: Buffer | null;
    readonly duration_ms: number;
  },
): Promise<VerbOutcome> {
  const { rows } = await db.query(
    "select * from settle_call($1::jsonb, $2, $3::uuid, $4::bigint, $5::bigint, $6, $7::bytea, $8)",
    [
      ctxOf(actor),
      token,
      call.call_id,
      call.input_tokens,
      call.output_tokens,
      call.outcome,
      call.reply_sha256,
      call.duration_ms,
    ],
  );
  return onlyOutcome(rows);
}
