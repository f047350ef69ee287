import { findToolchain } from "@aura/shared/models/toolchains";
import { invariant } from "@aura/shared/problems";
import type { PrdBlock } from "@aura/shared/schemas/prd";
import type { Requirement } from "@aura/shared/schemas/requirements-product";
import type { TaskSpec } from "@aura/shared/schemas/task-spec";
import type { ContextTask } from "../../db/orchestration-context.ts";
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

/** The blocks that these requirements cite, with the headings among them. */
export function sourceBlocks(blocks: readonly PrdBlock[], requirements: readonly Requirement[]): PrdBlock[] {
  const cited = new Set(requirements.flatMap((requirement) => requirement.block_ids));
  return blocks.filter((block) => cited.has(block.block_id));
}
