import { readStandingRecords } from "../../db/orchestration-hr.ts";
import { type StandingChange, standingAfter } from "../../hr/standing.ts";
import { policyDecision } from "../../policy-enforcer/decisions.ts";
import { allDone, atomically, type Step, type StepDeps } from "../step.ts";

/** HR: who stands where, from verdicts alone, with the policy that decided it on record. */
export const reviewStandings: Step = {
  name: "review_standings",
  async run(deps) {
    const limits = {
      probationBelow: deps.policies.limit("hr.probation_below", 0.5),
      suspendBelow: deps.policies.limit("hr.suspend_below", 0.2),
    };
    let moved = 0;
    for (const { agent_id, slug, standing, replaceable, ...judged } of await readStandingRecords(deps.pool)) {
      const change = standingAfter(standing, judged, limits, replaceable);
      if (change !== null && (await put(deps, agent_id, slug, change))) moved += 1;
    }
    return moved;
  },
};

function put(deps: StepDeps, agentId: string, slug: string, change: StandingChange): Promise<boolean> {
  const { standing, limit, reason } = change;
  return atomically(deps, "change a standing", async (tx) => {
    const policy = deps.policies.find(limit);
    if (policy !== null) {
      const subject = `${slug} to ${standing}: ${reason}`;
      const decision = policyDecision(policy, "allow", { run_id: null, task_id: null, subject, reason });
      allDone(await deps.verbs.recordPolicyDecisions(tx, [decision]));
    }
    allDone(await deps.verbs.setStandings(tx, [{ agent_id: agentId, standing, reason }]));
  });
}
