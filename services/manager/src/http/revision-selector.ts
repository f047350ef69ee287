import type { Queryable } from "@aura/shared/postgres/client";
import { AuraError } from "@aura/shared/problems";
import {
  readAttemptTree,
  readBestAttemptTree,
  readPointedRevision,
  readRevisionById,
  readRevisionByNumber,
  type TreeRow,
} from "../db/read-software-statements.ts";
import { runExists } from "../db/read-specification-statements.ts";

/**
 * The tree that a selector names (shared/src/schemas/api/software.ts lists the words).
 *
 * @returns null for `head`, `delivered` and `best` while there is none yet
 * @throws {AuraError} `not_found` for an unknown run, revision or attempt
 */
export async function selectTree(db: Queryable, run_id: string, selector: string): Promise<TreeRow | null> {
  const found = await find(db, run_id, selector);
  if (found !== null) return found;
  if (!(await runExists(db, run_id))) throw new AuraError("not_found", "there is no run with this id");
  if (["head", "delivered", "best"].includes(selector)) return null;
  throw new AuraError("not_found", `the run has no revision or attempt ${selector}`);
}

async function find(db: Queryable, run_id: string, selector: string): Promise<TreeRow | null> {
  if (selector === "head") return readPointedRevision(db, run_id, "head_revision_id");
  if (selector === "delivered") return readPointedRevision(db, run_id, "delivered_revision_id");
  if (selector === "best") return findBest(db, run_id);
  const [task, attempt] = selector.split(":");
  if (attempt !== undefined) return readAttemptTree(db, run_id, task ?? "", Number(attempt));
  return /^\d+$/.test(selector)
    ? readRevisionByNumber(db, run_id, Number(selector))
    : UUID.test(selector)
      ? readRevisionById(db, run_id, selector)
      : null;
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

async function findBest(db: Queryable, run_id: string): Promise<TreeRow | null> {
  return (
    (await readPointedRevision(db, run_id, "delivered_revision_id")) ??
    (await readPointedRevision(db, run_id, "head_revision_id")) ??
    (await readBestAttemptTree(db, run_id))
  );
}
