import type { Survivor } from "@aura/shared/schemas/survivors";
import type { TaskSpec } from "@aura/shared/schemas/task-spec";
import type { Mutation } from "@aura/shared/schemas/verification-report";
import type { AdoptedRequirement } from "../db/orchestration-specification.ts";
import type { Policies, Policy } from "../policy-enforcer/policies.ts";

/** Key of the task in which a test author answers for what no test noticed: one in a run. */
export const SURVIVORS_KEY = "SURVIVORS";

const RULE = "verification.survivors";
const RETURNED_MAX = 20;

/**
 * The policy by which survivors go back to the test author; null: they only stand in the report. What is said of a run's
 * provider (`verification.survivors.replay`) goes before what is said of all.
 */
export function returningPolicy(policies: Policies, provider: string | null): Policy | null {
  const policy = policies.find(`${RULE}.${provider ?? ""}`) ?? policies.find(RULE);
  return policy?.value === "return_once" ? policy : null;
}

/** What the author is told: each change once, without place, and only where a requirement in scope is judged by tests. */
export function survivorsToReturn(
  mutation: Mutation | undefined,
  requirements: readonly AdoptedRequirement[],
): Survivor[] {
  const testable = new Set(
    requirements
      .filter(({ content, set_aside }) => content.verification_method !== "inspection" && !set_aside)
      .map(({ content }) => content.id),
  );
  const told = new Map<string, Survivor>();
  for (const { function: name, behaviour, requirement_ids } of mutation?.survived ?? []) {
    const ids = requirement_ids.filter((id) => testable.has(id));
    if (ids.length > 0) told.set(`${name}\n${behaviour}`, { function: name, behaviour, requirement_ids: ids });
  }
  return [...told.values()].slice(0, RETURNED_MAX);
}

/** Requirements whose tests an author may replace; where it answers for survivors, none: tests are only added. */
export function openRequirements({ requirement_ids, survivors }: TaskSpec): ReadonlySet<string> {
  return new Set(survivors === undefined ? requirement_ids : []);
}
