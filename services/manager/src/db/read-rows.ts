import type { Queryable } from "@aura/shared/postgres/client";
import { AuraError } from "@aura/shared/problems";
import type { z } from "zod";

/** SQL of a time as the API shows it: RFC 3339, UTC, microseconds. Connections run in UTC. */
export function utc(expression: string): string {
  return `to_char(${expression}, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

/** SQL of an amount in USD as a decimal string with two to six decimals. */
export function usd(expression: string): string {
  return `to_char(${expression}, 'FM9999999990.009999')`;
}

/** SQL of a hash as hexadecimal digits. */
export function hex(expression: string): string {
  return `encode(${expression}, 'hex')`;
}

/**
 * Rows of `select` as JSON, each checked against `schema`. Amounts and times must have been made strings by `usd` and
 * `utc`: JSON numbers would lose digits.
 */
export async function readAll<S extends z.ZodType>(
  db: Queryable,
  schema: S,
  select: string,
  values: readonly unknown[] = [],
): Promise<z.output<S>[]> {
  const { rows } = await db.query<{ item: unknown }>(`select row_to_json(x) as item from (${select}) x`, values);
  return rows.map(({ item }) => schema.parse(item));
}

/** The one row of `select`, or null. */
export async function readOne<S extends z.ZodType>(
  db: Queryable,
  schema: S,
  select: string,
  values: readonly unknown[] = [],
): Promise<z.output<S> | null> {
  return (await readAll(db, schema, select, values))[0] ?? null;
}

/** Where a page begins: after the row with these key values; null is the beginning. */
export interface PageRequest {
  readonly limit: number;
  readonly after: readonly string[] | null;
}

export interface Page<Row> {
  readonly data: Row[];
  readonly next_cursor: string | null;
}

/**
 * A page by keyset: `select` must end in its order and take one row more than the page, which tells whether there is
 * another page. The cursor is the key of the last row, opaque to callers.
 */
export function pageOfRows<Row>(rows: Row[], request: PageRequest, keyOf: (row: Row) => readonly string[]): Page<Row> {
  const data = rows.slice(0, request.limit);
  const last = data.at(-1);
  const more = rows.length > request.limit && last !== undefined;
  return { data, next_cursor: more ? encodeCursor(keyOf(last)) : null };
}

function encodeCursor(key: readonly string[]): string {
  return Buffer.from(JSON.stringify(key), "utf8").toString("base64url");
}

/**
 * @param shape how each part of the key must look, so that a made-up cursor is refused before it reaches SQL
 * @throws {AuraError} `validation_failed` for a cursor that no list of this kind gave
 */
export function pageRequest(
  query: { limit: number; cursor?: string | undefined },
  shape: readonly RegExp[],
): PageRequest {
  if (query.cursor === undefined) return { limit: query.limit, after: null };
  const key = decodeCursor(query.cursor);
  if (key === null || key.length !== shape.length || !shape.every((part, at) => part.test(key[at] ?? "")))
    throw new AuraError("validation_failed", "cursor: not the next_cursor of this list", {
      issues: [{ path: "query.cursor", code: "invalid_cursor", message: "use next_cursor of the page before" }],
    });
  return { limit: query.limit, after: key };
}

function decodeCursor(cursor: string): string[] | null {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    return Array.isArray(key) && key.every((part) => typeof part === "string") ? key : null;
  } catch {
    return null;
  }
}

export const CURSOR_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
export const CURSOR_ID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
