import type { Queryable } from "@aura/shared/postgres/client";
import type { PlanProduct } from "@aura/shared/schemas/plan-product";
import type { Requirement } from "@aura/shared/schemas/requirements-product";
import type { SuiteProduct } from "@aura/shared/schemas/suite-product";
import {
  type AdoptedRequirement,
  readPlan,
  readRequirements,
  readRunFacts,
  readSuite,
} from "../db/orchestration-specification.ts";

/** What a run that continues another takes over from it. */
export interface BaseRun {
  readonly requirements: readonly Requirement[];
  readonly plan: PlanProduct | null;
  readonly suite: SuiteProduct | null;
  /** Of the delivered revision; null: nothing was delivered. */
  readonly tree_sha256: string | null;
  /** Keys of the requirements that are word for word the same in both runs. */
  readonly unchanged: ReadonlySet<string>;
}

export async function baseOf(
  db: Queryable,
  baseRunId: string,
  requirements: readonly AdoptedRequirement[],
): Promise<BaseRun> {
  const facts = await readRunFacts(db, baseRunId);
  const before = await readRequirements(db, baseRunId);
  return {
    requirements: before.map(({ content }) => content),
    plan: await readPlan(db, facts),
    suite: await readSuite(db, facts),
    tree_sha256: facts.delivered_tree_sha256,
    unchanged: unchangedKeys(before, requirements),
  };
}

/** A requirement is unchanged when its number and the hash of its content are the same. */
function unchangedKeys(
  before: readonly Pick<AdoptedRequirement, "content" | "content_sha256">[],
  now: readonly Pick<AdoptedRequirement, "content" | "content_sha256">[],
): ReadonlySet<string> {
  const hashes = new Map(before.map(({ content, content_sha256 }) => [content.id, content_sha256]));
  const same = now.filter(({ content, content_sha256 }) => hashes.get(content.id) === content_sha256);
  return new Set(same.map(({ content }) => content.id));
}
