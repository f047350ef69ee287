import { readOverridden, type Submission } from "../../db/orchestration-submissions.ts";
import { takeIn } from "../acceptance.ts";
import { isJudged } from "../judged-submission.ts";
import { overrideNeedsRequest } from "../judgement.ts";
import { forEach, type Step, type StepDeps } from "../step.ts";
import { workAgain } from "../work-again.ts";
import { requestOnHead } from "./request-verifications.ts";

/**
 * Products whose task the Director declared verified are taken in like accepted ones. A change is judged on the head of
 * now first, so that exactly the tree that lands was judged; one that cannot be carried over to the head is done again.
 */
export const takeInOverridden: Step = {
  name: "take_in_overridden",
  async run(deps) {
    const due = await readOverridden(deps.pool);
    return forEach(deps, "take in an overridden product", due, (submission) => takeInOne(deps, submission));
  },
};

async function takeInOne(deps: StepDeps, submission: Submission): Promise<number> {
  const retry = submission.kind === "implement" ? overrideNeedsRequest(submission) : null;
  if (retry !== null) {
    return requestOnHead(deps, submission, retry, (paths) => workAgain(deps, submission, changedByOthers(paths)));
  }
  return isJudged(submission) && submission.outcome !== "environment" ? takeIn(deps, submission) : 0;
}

function changedByOthers(paths: readonly string[]): string {
  return `It could not land: ${paths.join(", ")} changed since. Do the change again on the files as they are now.`;
}
