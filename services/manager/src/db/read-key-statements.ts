import { KEY_ROLES, type KeyRole } from "@aura/shared/enums/actor";
import type { Queryable } from "@aura/shared/postgres/client";
import { z } from "zod";

const KeyRow = z.object({ key_id: z.uuid(), name: z.string(), role: z.enum(KEY_ROLES) });

/**
 * Whose key this is. The hash is compared in SQL; nothing is cached, so a revoked key is refused at once.
 *
 * @returns null for a key that is unknown, revoked or expired. Source: database/functions/authenticate_key.sql
 */
export async function authenticateKey(
  db: Queryable,
  presented_key: string,
): Promise<{ key_id: string; name: string; role: KeyRole } | null> {
  const { rows } = await db.query<Record<string, unknown>>("select key_id, name, role from authenticate_key($1)", [
    presented_key,
  ]);
  return rows[0] === undefined ? null : KeyRow.parse(rows[0]);
}
