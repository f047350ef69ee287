import type { Queryable } from "@aura/shared/postgres/client";
import { z } from "zod";

const Beginning = z.object({
  state: z.enum(["new", "replay", "running", "conflict"]),
  status: z.number().nullable(),
  reply: z.instanceof(Buffer).nullable(),
});
/** What became of an Idempotency-Key: `new`, the caller does the work; `replay`, with the stored status and reply. */
export type Beginning = z.infer<typeof Beginning>;

/** One use of an Idempotency-Key: keys of different scopes have nothing to do with each other. */
export interface KeyUse {
  readonly scope: string;
  readonly key: string;
  /** SHA-256 of the request, 64 hexadecimal digits. */
  readonly body_sha256: string;
}

/** Takes the key for this request, unless it is taken. Source: database/functions/begin_idempotent.sql */
export async function beginIdempotent(db: Queryable, { scope, key, body_sha256 }: KeyUse): Promise<Beginning> {
  const { rows } = await db.query("select state, status, reply from begin_idempotent($1, $2, $3)", [
    scope,
    key,
    Buffer.from(body_sha256, "hex"),
  ]);
  return Beginning.parse(rows[0]);
}

/**
 * Stores the reply of the request that holds the key, or frees the key.
 *
 * @param reply null frees. Source: database/functions/finish_idempotent.sql
 */
export async function finishIdempotent(
  db: Queryable,
  { scope, key }: KeyUse,
  reply: { readonly status: number; readonly bytes: Buffer } | null,
): Promise<void> {
  const values = [scope, key, reply?.status ?? null, reply?.bytes ?? null];
  await db.query("select finish_idempotent($1, $2, $3, $4)", values);
}
