import { KEY_ROLES, type KeyRole } from "@aura/shared/enums/actor";
import type { Queryable } from "@aura/shared/postgres/client";
import { ApiKey } from "@aura/shared/schemas/api/key";
import { z } from "zod";
import { type PageRequest, pageOfRows, readAll, readOne, utc } from "./read-rows.ts";

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

const KEY = `
  select k.id, k.name, k.role, ${utc("k.created_at")} as created_at, ${utc("k.expires_at")} as expires_at,
         ${utc("k.revoked_at")} as revoked_at
  from api_keys k`;

export function readKey(db: Queryable, key_id: string): Promise<ApiKey | null> {
  return readOne(db, ApiKey, `${KEY} where k.id = $1`, [key_id]);
}

/** Newest first. */
export async function readKeys(db: Queryable, page: PageRequest) {
  const [at, id] = page.after ?? [null, null];
  const rows = await readAll(
    db,
    ApiKey,
    `${KEY}
     where $1::timestamptz is null or (k.created_at, k.id) < ($1::timestamptz, $2::uuid)
     order by k.created_at desc, k.id desc limit $3`,
    [at, id, page.limit + 1],
  );
  return pageOfRows(rows, page, (row) => [row.created_at, row.id]);
}
