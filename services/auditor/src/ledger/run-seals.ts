import { append, EMPTY, rootOf } from "@aura/shared/ledger/merkle";
import type { Pool } from "@aura/shared/postgres/client";
import { readRunLeaves, readRunsToSeal, sealRuns } from "../db/sealing-statements.ts";

/** Runs whose books one step closes. */
const BATCH = 20;

/** Appends run.sealed for runs that have ended, so that one run can be shown whole without the rest of the log. */
export async function sealRunsOnce(pool: Pool, holder: string): Promise<number> {
  const ended = await readRunsToSeal(pool, BATCH);
  if (ended.length === 0) return 0;
  const seals = [];
  for (const run of ended) {
    const leaves = await readRunLeaves(pool, run);
    seals.push({ ...run, count: leaves.length, root: rootOf(append(EMPTY, leaves)) });
  }
  await sealRuns(pool, holder, seals);
  return seals.length;
}
