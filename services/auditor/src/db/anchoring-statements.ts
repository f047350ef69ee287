import type { Queryable } from "@aura/shared/postgres/client";
import { callVerb, type VerbOutcome } from "@aura/shared/postgres/verbs";
import { z } from "zod";
import { auditorContext } from "./context.ts";

const Unwitnessed = z.object({
  size: z.coerce.number(),
  note: z.string(),
  from: z.coerce.number(),
  seconds: z.number(),
});
/** The newest checkpoint, where a witness has not cosigned it: its age in seconds, and the size that the witness cosigned last. */
export type Unwitnessed = z.infer<typeof Unwitnessed>;

/** @returns null where there is nothing for this witness to see */
export async function readUnwitnessed(db: Queryable, witness: string): Promise<Unwitnessed | null> {
  const { rows } = await db.query(
    `select c.size, c.note, coalesce(w.size, 0) as from, extract(epoch from now() - c.signed_at)::float8 as seconds
       from audit_log_state s
       join lateral (select * from audit_checkpoints k where k.generation = s.generation order by k.size desc limit 1) c on true
       left join lateral (select max(k.size) as size from audit_cosignatures k
                           where k.generation = s.generation and k.witness = $1) w on true
      where c.size > coalesce(w.size, 0)`,
    [witness],
  );
  return rows[0] === undefined ? null : Unwitnessed.parse(rows[0]);
}

/** Source: database/functions/record_cosignatures.sql */
export function recordCosignature(
  db: Queryable,
  holder: string,
  { size, witness, line }: { size: number; witness: string; line: string },
): Promise<VerbOutcome[]> {
  return callVerb(db, "record_cosignatures", auditorContext(holder), [size], [witness], [line]);
}
