import type { Queryable } from "@aura/shared/postgres/client";
import { TreeSource } from "@aura/shared/schemas/api/software";
import { z } from "zod";
import { hex, readOne, utc } from "./read-rows.ts";

/** A tree of a run with what it was built on; `parent_tree_sha256` is null for the first. */
export const TreeRow = TreeSource.extend({ parent_tree_sha256: z.string().nullable(), parent_label: z.string() });
export type TreeRow = z.infer<typeof TreeRow>;

const REVISION = `
  select v.number::text as label, v.id as revision_id, v.number, ${hex("v.tree_sha256")} as tree_sha256, v.message,
         ${utc("v.created_at")} as created_at, ${hex("parent.tree_sha256")} as parent_tree_sha256,
         coalesce(parent.number::text, 'base') as parent_label
  from revisions v
  left join revisions parent on parent.id = v.parent_id`;

const ATTEMPT = `
  select t.key || ':' || w.attempt as label, null::uuid as revision_id, null::int as number,
         ${hex("w.tree_sha256")} as tree_sha256, 'attempt ' || w.attempt || ' of ' || t.key || ': ' || t.title as message,
         ${utc("w.created_at")} as created_at, ${hex("parent.tree_sha256")} as parent_tree_sha256,
         coalesce(parent.number::text, 'base') as parent_label
  from verification_requests w
  join task_queue t on t.id = w.task_id
  left join revisions parent on parent.id = w.base_revision_id`;

export type RunPointer = "head_revision_id" | "delivered_revision_id";

/** The revision that a run points at: its landed head, or what was delivered. */
export function readPointedRevision(db: Queryable, run_id: string, pointer: RunPointer): Promise<TreeRow | null> {
  return readOne(db, TreeRow, `${REVISION} join orchestra_runs r on r.${pointer} = v.id where r.id = $1`, [run_id]);
}

export function readRevisionByNumber(db: Queryable, run_id: string, number: number): Promise<TreeRow | null> {
  return readOne(db, TreeRow, `${REVISION} where v.run_id = $1 and v.number = $2`, [run_id, number]);
}

export function readRevisionById(db: Queryable, run_id: string, id: string): Promise<TreeRow | null> {
  return readOne(db, TreeRow, `${REVISION} where v.run_id = $1 and v.id = $2`, [run_id, id]);
}

/**
 * The tree that an attempt was judged on, the newest where it was judged again.
 *
 * @param task key or id of a task of the run
 */
export function readAttemptTree(db: Queryable, run_id: string, task: string, attempt: number): Promise<TreeRow | null> {
  return readOne(
    db,
    TreeRow,
    `${ATTEMPT} where w.run_id = $1 and (t.key = $2 or t.id::text = $2) and w.attempt = $3 and w.tree_sha256 is not null
     order by w.created_at desc, w.id desc limit 1`,
    [run_id, task, attempt],
  );
}

/** The best attempt so far of a run where nothing has landed. */
export function readBestAttemptTree(db: Queryable, run_id: string): Promise<TreeRow | null> {
  return readOne(
    db,
    TreeRow,
    `${ATTEMPT} where t.run_id = $1 and t.best_request_id = w.id and w.tree_sha256 is not null
     order by w.created_at desc, w.id desc limit 1`,
    [run_id],
  );
}
