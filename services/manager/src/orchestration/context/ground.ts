import { findToolchain } from "@aura/shared/models/toolchains";
import { readJson } from "@aura/shared/postgres/blobs";
import type { Queryable } from "@aura/shared/postgres/client";
import { readResolution } from "@aura/shared/postgres/plan-dependencies";
import { invariant } from "@aura/shared/problems";
import type { PlannedDependency } from "@aura/shared/schemas/dependencies";
import type { PlanProduct } from "@aura/shared/schemas/plan-product";
import type { PrdBlock } from "@aura/shared/schemas/prd";
import { type Question, type Requirement, RequirementsProduct } from "@aura/shared/schemas/requirements-product";
import type { TaskSpec } from "@aura/shared/schemas/task-spec";
import { type ContextTask, readRequirementsProductSha } from "../../db/orchestration-context.ts";
import type { AdoptedRequirement, RunFacts } from "../../db/orchestration-specification.ts";

/** What every context is built from. */
export interface ContextGround {
  readonly task: ContextTask;
  readonly spec: TaskSpec;
  readonly facts: RunFacts;
}

export function toolchainFacts(name: string): { name: string; description: string } {
  const toolchain = findToolchain(name);
  invariant(toolchain !== undefined, `the toolchain ${name} of a run is known`);
  return { name: toolchain.name, description: toolchain.description };
}

/** The requirements that are in scope: a person may have set some aside. */
export function inScopeOf(requirements: readonly AdoptedRequirement[]): Requirement[] {
  return requirements.filter((requirement) => !requirement.set_aside).map(({ content }) => content);
}

/** The plan's packages as they were fetched, for a context; nothing where there are none. */
export async function installedDependencies(
  db: Queryable,
  facts: RunFacts,
  plan: PlanProduct,
): Promise<{ dependencies?: PlannedDependency[] }> {
  if (plan.dependencies.length === 0 || facts.plan_id === null) return {};
  const fetched = (await readResolution(db, facts.plan_id))?.packages.filter((one) => one.direct) ?? [];
  const isSame = (a: string, b: string) => plain(a) === plain(b);
  const dependencies = plan.dependencies.map((planned) => {
    const version = fetched.find(({ name }) => isSame(name, planned.name))?.version;
    return version === undefined ? planned : { ...planned, version };
  });
  return { dependencies };
}

/** PyPI takes `Foo.Bar` and `foo_bar` for one package. */
const plain = (name: string) => name.toLowerCase().replace(/[-_.]+/g, "-");

/** Questions that nobody had to answer: their assumptions hold. */
export async function assumptionsOf(db: Queryable, runId: string): Promise<Question[]> {
  const sha256 = await readRequirementsProductSha(db, runId);
  return sha256 === null ? [] : (await readJson(db, sha256, RequirementsProduct)).questions;
}

/** The blocks that these requirements cite, with the headings among them. */
export function sourceBlocks(blocks: readonly PrdBlock[], requirements: readonly Requirement[]): PrdBlock[] {
  const cited = new Set(requirements.flatMap((requirement) => requirement.block_ids));
  return blocks.filter((block) => cited.has(block.block_id));
}
