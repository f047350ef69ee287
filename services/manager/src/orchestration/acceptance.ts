import { adoptPlan, adoptRequirements, adoptSuite, verifyReview } from "./adoption.ts";
import type { JudgedSubmission } from "./judged-submission.ts";
import { landSubmission } from "./landing.ts";
import type { StepDeps } from "./step.ts";

const BY_KIND = {
  requirements: adoptRequirements,
  plan: adoptPlan,
  acceptance_tests: adoptSuite,
  implement: landSubmission,
  review: verifyReview,
} as const;

/** Takes in work that counts as verified: specifications are adopted, changes land, reviews end. */
export function takeIn(deps: StepDeps, submission: JudgedSubmission): Promise<number> {
  return BY_KIND[submission.kind](deps, submission);
}
