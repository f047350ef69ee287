import type { Queryable } from "@aura/shared/postgres/client";
import { z } from "zod";

/** Rows of one question, each parsed: a column that changed its meaning is found here and not three calls later. */
export async function select<S extends z.ZodType>(
  db: Queryable,
  row: S,
  text: string,
  values: readonly unknown[] = [],
): Promise<z.infer<S>[]> {
  const { rows } = await db.query(text, values);
  return z.array(row).parse(rows);
}

/** The one row of a question, or null. */
export async function selectOne<S extends z.ZodType>(
  db: Queryable,
  row: S,
  text: string,
  values: readonly unknown[] = [],
): Promise<z.infer<S> | null> {
  const [first] = await select(db, row, text, values);
  return first ?? null;
}
