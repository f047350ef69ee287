import { readOverridden } from "../../db/orchestration-submissions.ts";
import { takeIn } from "../acceptance.ts";
import { isJudged } from "../judged-submission.ts";
import { forEach, type Step } from "../step.ts";

/**
 * Products whose task the Director declared verified are taken in like accepted ones; a change lands while it was judged
 * on the head of now, else the assembly shows what is missing.
 */
export const takeInOverridden: Step = {
  name: "take_in_overridden",
  async run(deps) {
    const due = (await readOverridden(deps.pool)).filter(isJudged);
    return forEach(deps, "take in an overridden product", due, (submission) => takeIn(deps, submission));
  },
};
